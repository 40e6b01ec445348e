"""Programs that run already: listed without touching them, and attached by a process of its own that says what came."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from taskmon.attach.interpreter import Version
from taskmon.attach.programs import Means, Program
from taskmon.attach.refusals import Refusal, Refused
from taskmon.bridge.controller import TaskController
from taskmon.bridge.programs import attaching as module
from taskmon.bridge.programs.attaching import Attaching, RunningProgram
from taskmon.core.base.errors import TaskmonError
from tests.qt_helpers import controller, runner, until

__all__ = ["controller", "runner"]  # fixtures


def program(pid: int = 4711, **changes: Any) -> Program:
    """A program as it is found."""
    made = Program(
        pid=pid,
        started=99,
        name="report.py",
        arguments="--all",
        folder="/home/ada/work",
        environment="/home/ada/work/.venv",
        version=Version(3, 14, 2),
        threads=3,
        cpu=10.0,
        memory=5_000_000,
        age=100.0,
        means=Means.ATTACH,
        refusal=None,
    )
    return made._replace(**changes)


@pytest.fixture
def found() -> list[Program]:
    return [program()]


#: Stands for ``taskmon attach``: says what it was given on its command line, as lines. The signal is waited for, not
#: handled: a handler may find the stream in the middle of a line.
STUB = """
import json, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
for line in json.loads(sys.argv[1]):
    print(json.dumps(line), flush=True)
    if line["outcome"] == "waiting":
        signal.sigwait({signal.SIGINT})
        print(json.dumps({"outcome": "withdrawn"}), flush=True)
"""


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def say(*lines: dict[str, Any]) -> None:
        monkeypatch.setattr(module, "itself", lambda: [sys.executable, "-c", STUB, json.dumps(lines)])

    return say


@pytest.fixture
def made(controller: TaskController, found: list[Program]) -> Iterator[Attaching]:
    one = Attaching(controller, find=lambda afresh: list(found))
    yield one
    one.close()


def listed(qtbot: QtBot, made: Attaching) -> list[RunningProgram]:
    with qtbot.waitSignal(made.listed) as heard:
        made.look()
    assert heard.args is not None
    return heard.args[0]  # type: ignore[no-any-return]


def test_the_processor_is_that_since_the_look_before(qtbot: QtBot, made: Attaching, found: list[Program]) -> None:
    assert [one.cpu for one in listed(qtbot, made)] == [0.1]
    found[0] = program(age=102.0, cpu=11.0)
    assert [one.cpu for one in listed(qtbot, made)] == [0.5]


def test_what_cannot_be_attached_to_says_why(qtbot: QtBot, made: Attaching, found: list[Program]) -> None:
    found[:] = [
        program(1, means=Means.NOTHING, refusal=Refused(Refusal.DISABLED)),
        program(2, means=Means.LOOK, refusal=Refused(Refusal.LOOK_ONLY, version="3.11")),
        program(3),
    ]
    one, two, three = listed(qtbot, made)
    assert not one.possible
    assert "disable-remote-debug" in one.why_not
    assert one.short_reason == "switched off"
    assert two.possible
    assert "3.11" in two.why_not
    assert two.short_reason == "too old to attach"
    assert three.possible
    assert three.why_not == three.short_reason == ""


@pytest.mark.parametrize("refusal", Refusal)
def test_every_reason_has_a_short_one(refusal: Refusal) -> None:
    """Whatever names it carries."""
    values = dict.fromkeys(("pid", "user", "version", "name", "tracer", "path", "error"), "x{y}")
    one = RunningProgram(program(means=Means.NOTHING, refusal=Refused(refusal, **values)), 0.0, None)
    assert 0 < len(one.short_reason) < 30


def test_one_look_at_a_time(qtbot: QtBot, made: Attaching) -> None:
    """A look that takes long is not joined by another every two seconds."""
    heard: list[object] = []
    made.listed.connect(heard.append)
    made.look()
    made.look()
    until(qtbot, lambda: heard)
    assert made._background.wait_idle(5)
    QCoreApplication.processEvents()
    assert len(heard) == 1


def test_a_look_at_everything_is_not_forgotten_behind_another(qtbot: QtBot, controller: TaskController) -> None:
    looks: list[bool] = []

    def find(afresh: bool) -> list[Program]:
        looks.append(afresh)
        return []

    made = Attaching(controller, find=find)
    made.look()
    made.look(afresh=True)
    made.look()
    until(qtbot, lambda: len(looks) == 2)
    made.close()
    assert looks == [False, True]


def test_a_program_is_attached(qtbot: QtBot, made: Attaching, says: Callable[..., None]) -> None:
    says({"outcome": "attached"})
    with qtbot.waitSignal(made.done) as heard:
        made.attach(program())
        assert made.asking
    assert heard.args == [program()]
    assert not made.asking


def test_a_program_that_is_left_alone_is_told_of_in_the_users_words(
    qtbot: QtBot, made: Attaching, says: Callable[..., None]
) -> None:
    says({"outcome": "refused", "refusal": "stopped", "values": {"pid": "4711"}, "message": "in English"})
    with qtbot.waitSignal(made.failed) as heard:
        made.attach(program())
    assert heard.args is not None
    error = heard.args[0]
    assert isinstance(error, TaskmonError)
    assert error.message == Refused(Refusal.STOPPED, pid=4711).message


@pytest.mark.parametrize("said", [{}, {"outcome": "?"}, {"outcome": "refused", "refusal": "?", "values": 7}])
def test_an_answer_that_makes_no_sense_is_a_failure(
    qtbot: QtBot, made: Attaching, says: Callable[..., None], said: dict[str, Any]
) -> None:
    says(*([said] if said else []))
    with qtbot.waitSignal(made.failed):
        made.attach(program())
    assert not made.asking


def test_what_is_waited_for_can_be_withdrawn(qtbot: QtBot, made: Attaching, says: Callable[..., None]) -> None:
    says({"outcome": "waiting"})
    with qtbot.waitSignal(made.waiting):
        made.attach(program())
    with qtbot.waitSignal(made.failed) as heard:
        made.withdraw()
    assert heard.args is not None
    assert "withdrawn" in heard.args[0].message


def test_what_is_waited_for_can_be_woken(qtbot: QtBot, made: Attaching, monkeypatch: pytest.MonkeyPatch) -> None:
    """By another request, once the first has been withdrawn."""
    asked = []
    rounds = iter([[{"outcome": "waiting"}], [{"outcome": "attached"}]])

    def start(words: list[str], **more: Any) -> subprocess.Popen[str]:
        asked.append("--wake" in words)
        return subprocess.Popen([sys.executable, "-c", STUB, json.dumps(next(rounds))], **more)

    monkeypatch.setattr(made, "_start", start)
    made.wake()
    assert asked == [], "nothing is waited for"
    with qtbot.waitSignal(made.waiting):
        made.attach(program())
    assert made.is_waiting
    assert not made.wakes
    with qtbot.waitSignal(made.done):
        made.wake()
        made.wake()
        assert made.wakes
    assert asked == [False, True]
    assert not made.is_waiting


def test_closing_while_it_is_to_be_woken_withdraws(qtbot: QtBot, made: Attaching, says: Callable[..., None]) -> None:
    says({"outcome": "waiting"})
    with qtbot.waitSignal(made.waiting):
        made.attach(program())
    with qtbot.waitSignal(made.failed):
        made.wake()
        made.withdraw()
    assert not made.asking


def test_a_process_that_cannot_be_started_is_a_failure(qtbot: QtBot, controller: TaskController) -> None:
    def start(*_: object, **__: object) -> subprocess.Popen[str]:
        raise OSError(11, "Resource temporarily unavailable")

    made = Attaching(controller, find=list, start=start)
    with qtbot.waitSignal(made.failed) as heard:
        made.attach(program())
    assert heard.args is not None
    assert heard.args[0].message == "Resource temporarily unavailable"
    made.close()


def test_the_request_asks_for_what_was_chosen(qtbot: QtBot, controller: TaskController) -> None:
    asked: list[list[str]] = []

    def start(words: list[str], **more: Any) -> subprocess.Popen[str]:
        asked.append(words)
        return subprocess.Popen([sys.executable, "-c", "print('{}')"], **more)

    made = Attaching(controller, find=list, start=start)
    for wake in (False, True):
        with qtbot.waitSignal(made.failed):
            made.attach(program(), wake=wake)
    made.close()
    assert [words[words.index("attach") :] for words in asked] == [
        ["attach", "4711", "--no-window", "--json", "--wait"],
        ["attach", "4711", "--no-window", "--json", "--wait", "--wake"],
    ]


def test_a_program_is_let_go(qtbot: QtBot, made: Attaching, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    answers = iter([{"outcome": "detached"}, {"outcome": "refused", "refusal": "not attached", "values": {}}])

    def start(words: list[str], **more: Any) -> subprocess.Popen[str]:
        asked.append(words)
        return subprocess.Popen([sys.executable, "-c", STUB, json.dumps([next(answers)])], **more)

    monkeypatch.setattr(made, "_start", start)
    with qtbot.waitSignal(made.let_go) as gone:
        made.detach(4711, "x.py")
    with qtbot.waitSignal(made.failed) as refused:
        made.detach(4711, "x.py")
    assert gone.args == ["x.py"]
    assert refused.args is not None
    assert refused.args[0].message == Refused(Refusal.NOT_ATTACHED).message
    assert [words[words.index("detach") :] for words in asked] == [["detach", "4711", "--json"]] * 2
