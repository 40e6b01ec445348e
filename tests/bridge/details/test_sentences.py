"""What the details say of a task, in every state of its life."""

from __future__ import annotations

import time

import pytest

from taskmon import TaskRunner
from taskmon.bridge.details import sentences
from taskmon.bridge.details.details import report, versions
from taskmon.bridge.table.rows import TaskRow
from taskmon.core.stacks.facts import Activity, ThreadFacts
from taskmon.core.stacks.sampler import StackFrame, StackSample
from taskmon.core.stop import StopKind, StopReason
from taskmon.core.task.ladder import INTERRUPT, KILL, TERMINATE, with_signals
from taskmon.core.task.meter import CheckpointReading
from taskmon.core.task.progress import Progress
from taskmon.core.task.snapshot import DETACHED, NOT_SEEN, Origin, ProgramInfo, StopMeans, TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.link.window.verdict import STATUS_NOT_KNOWN
from tests.helpers.gates import PATIENCE

S = TaskState
BY_USER = StopReason(StopKind.USER, "user", "", 17.0)
RUNNING = TaskSnapshot(7, "Copy", S.RUNNING, 2, 20.0, 5.0, 8.0, created=1_700_000_000.0, thread_id=99)
STOPPING = RUNNING._replace(state=S.STOPPING, stop_requested_at=17.0, reason=BY_USER)

TIMER = RUNNING._replace(
    state=S.QUEUED, started_at=None, origin=Origin("x.py", 7, "t", "timer"),
    facts=ThreadFacts(activity=Activity.SLEEPING, wakes_at=300.0),
)  # fmt: skip
#: Its main thread has ended.
KEPT = RUNNING._replace(program=ProgramInfo(), shield="its main thread has ended; it waits for poll-0")


class NoTask:
    """Stands in for the task, which sentences do not ask; a report asks for its log."""

    def log_lines(self, since: int = 0) -> tuple[int, list[str]]:
        return since + 2, ["first", "second\x1b[31m"]


def row(snapshot: TaskSnapshot) -> TaskRow:
    return TaskRow(NoTask(), snapshot, 0)  # type: ignore[arg-type]


def said(snapshot: TaskSnapshot) -> str:
    return "\n".join(sentences.overview(row(snapshot))).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("snapshot", "expected"),
    [
        (RUNNING._replace(state=S.QUEUED, started_at=None), "Waiting for a free worker for 15 s."),
        (TIMER, "A timer: it fires in 4 m 40 s."),
        (TIMER._replace(facts=None), "A timer that has not fired."),
        (
            RUNNING._replace(state=S.CUT_OFF, ended_at=10.0, error=DETACHED),
            "Watched for 2.0 s. taskmon was detached from its program, which goes on.",
        ),
        (RUNNING._replace(state=S.HELD, started_at=None), "On hold"),
        (RUNNING, "Running for 12 s."),
        (RUNNING._replace(after_item_since=17.0), "Finishing its current item for 3 s"),
        (RUNNING._replace(state=S.PAUSED), "Paused at a checkpoint, after 12 s of work."),
        (RUNNING._replace(state=S.PAUSING), "Asked to pause"),
        (STOPPING, "Cancelling for 3 s, asked by you."),
        (STOPPING._replace(shield="renaming"), "It is finishing: renaming."),
        (
            STOPPING._replace(
                program=ProgramInfo(), stop_requested_at=13.0, stop_means=StopMeans("asks its tasks", by_tasks=True)
            ),
            "Its tasks were asked to stop 7 s ago, by you; its main thread was not, and it still runs.",
        ),
        (KEPT, "Now: its main thread has ended; it waits for poll-0."),
        (
            KEPT._replace(state=S.STOPPING, stop_requested_at=6.0, reason=BY_USER),
            "Asked to stop 14 s ago, by you: its main thread has ended; it waits for poll-0.",
        ),
        (STOPPING._replace(stop_requested_at=6.0), "Asked to stop 14 s ago, by you, but it reaches no checkpoint."),
        (STOPPING._replace(detached=True), "detached: its thread still runs"),
        (STOPPING._replace(checkpoint=CheckpointReading(1.0, 2.0, 0.0)), "Its last checkpoint was 2.0 s ago."),
        (RUNNING._replace(state=S.SUCCEEDED, ended_at=10.0), "Done after 2.0 s."),
        (STOPPING._replace(state=S.SUCCEEDED, ended_at=18.0), "It had finished before it could be cancelled."),
        (STOPPING._replace(state=S.CANCELLED, ended_at=18.0), "Cancelled by you after 10 s."),
        (STOPPING._replace(state=S.CANCELLED, started_at=None), "Cancelled by you before it started."),
        (RUNNING._replace(state=S.FAILED, ended_at=10.0, error="ValueError: x"), "Failed after 2.0 s: ValueError: x"),
        (
            STOPPING._replace(state=S.FAILED, ended_at=18.0, error="Ended by SIGABRT"),
            "Failed after 10 s: Ended by SIGABRT. It had been asked to stop 1.0 s before, by you.",
        ),
        (RUNNING._replace(state=S.LOST, ended_at=10.0), "Contact was lost after 2.0 s"),
        (
            RUNNING._replace(state=S.LOST, ended_at=10.0, error="It is gone"),
            "Contact was lost after 2.0 s. It is gone.",
        ),
        (RUNNING._replace(state=S.CUT_OFF, ended_at=9.0, error=STATUS_NOT_KNOWN), "Its exit status is not known."),
        (RUNNING._replace(state=S.CUT_OFF, ended_at=9.0, error="Ended by SIGTERM"), "Ended by SIGTERM."),
        (RUNNING._replace(state=S.CUT_OFF, ended_at=9.0, error=NOT_SEEN), "How it ended was not seen."),
        (RUNNING._replace(state=S.CUT_OFF, ended_at=10.0), "Cut off when the program ended, after 2.0 s."),
        (STOPPING._replace(state=S.CUT_OFF, ended_at=18.0), "It had been asked to stop."),
        (RUNNING._replace(state=S.CUT_OFF, started_at=None), "Cut off when the program ended, before it started."),
    ],
)
def test_each_state_has_its_sentence(snapshot: TaskSnapshot, expected: str) -> None:
    """One of them says how it stands."""
    assert expected in said(snapshot)


def test_how_a_program_ended_is_one_sentence() -> None:
    """By what it was ended is who ended it."""
    program = STOPPING._replace(
        state=S.CANCELLED, ended_at=18.0, origin=Origin("x.py", 7, "MainThread", "program"),
        consequence="Ended by SIGTERM, sent by you",
    )  # fmt: skip

    assert said(program) == "Ended by SIGTERM, sent by you, after 10 s."


def test_what_it_is_doing_and_what_is_kept() -> None:
    """The message with the amount, how soon it would stop, and the consequence."""
    words = said(
        RUNNING._replace(
            progress=Progress(3, 9, "files", "site/video.mov"),
            checkpoint=CheckpointReading(0.2, 0.1, 0.0),
            consequence="3 of 9 files copied",
        )
    )

    assert "Now: site/video.mov (3 of 9 files)." in words
    assert "Stops within about 0.2 s." in words
    assert words.endswith("3 of 9 files copied.")


def test_what_cancel_does_in_somebody_elses_program() -> None:
    """The flag by its name, who shares it, and what else may be picked."""
    shared = tuple(f"loader-{n}" for n in range(8))
    words = said(RUNNING._replace(stop_means=StopMeans("sets stop_event", shared)))
    offered = said(RUNNING._replace(stop_means=StopMeans(offers=("set paused_export",))))

    assert (
        "Cancel sets stop_event. It also stops: loader-0, loader-1, loader-2, loader-3, loader-4 and 3 more." in words
    )
    assert "one of these may" in offered


def test_why_it_cannot_be_cancelled_is_told() -> None:
    snapshot = RUNNING._replace(why_not_cancellable="it never looks at a flag", origin=Origin("train.py", 4711, "t"))

    assert "It cannot be cancelled: it never looks at a flag." in said(snapshot)


@pytest.mark.parametrize("kind", StopKind)
def test_everybody_who_may_ask_is_named(kind: StopKind) -> None:
    """As a part of the sentence."""
    assert sentences.asked_by(StopReason(kind, "Sync", "why", 0.0)).startswith(("by ", "because ", "with "))
    assert sentences.asked_by(None)


def test_the_facts_tell_times_attempts_and_origin() -> None:
    """Only what applies."""
    snapshot = RUNNING._replace(
        attempt=2, retry_of=5, group="disk", origin=Origin("train.py", 4711, "loader-0"), paused_for=3.0
    )
    facts = dict(sentences.facts(row(snapshot), row(RUNNING._replace(name="Parent"))))

    assert facts["Attempt"] == "2, a retry of task 5"
    assert facts["Program"] == "train.py, process 4711"
    assert facts["Thread"] == "loader-0"
    assert facts["Part of"] == "Parent"
    assert facts["Group"] == "disk"
    assert "in the queue" in facts["Started"]
    assert set(dict(sentences.facts(row(RUNNING)))) == {"Started", "Thread"}


def test_hostile_texts_stay_on_their_line() -> None:
    """Each sentence and each fact is one printable line."""
    evil = "a\nb\x1b[31m\u202e"
    snapshot = STOPPING._replace(
        name=evil,
        group=evil,
        shield=evil,
        consequence=evil,
        reason=StopReason(StopKind.REQUEST, evil, evil, 1.0),
        progress=Progress(1, 2, evil, evil),
        stop_means=StopMeans(evil, (evil,), (evil,)),
        origin=Origin(evil, 1, evil),
    )
    for text in [*sentences.overview(row(snapshot)), *(fact.value for fact in sentences.facts(row(snapshot)))]:
        assert text.replace("\u00a0", " ").isprintable()


def test_a_report_has_everything() -> None:
    """Name, state, reason, stack, advice, error, log, versions; a log line cannot forge a heading."""
    stack = StackSample(20.0, (StackFrame("/home/me/a.py", 3, "work", True, "time.sleep"),), 6.0, 0.0)
    snapshot = STOPPING._replace(
        log_lines=2, details="Traceback\n  File x", stop_means=StopMeans("sets x", (), ("set y",))
    )

    told = report(row(snapshot), None, [], stack)

    for part in (
        "Copy (task 7)",
        "asked by you",
        "a.py:3 in work",
        "ctx.sleep",
        "Traceback",
        "second␛[31m",
        "Offered: set y",
        versions(),
    ):
        assert part in told, part
    assert "PySide6" in versions()


def test_a_real_task_can_be_reported() -> None:
    """From the runner's own task, its log included."""
    with TaskRunner(1) as runner:
        task = runner.start(lambda ctx: ctx.log("a line"))
        task.result(PATIENCE)

    assert "  a line" in report(TaskRow(task, task.snapshot(), 0), None, [])


SIGNALS = with_signals(StopMeans("interrupts it, as Ctrl-C does", signal=INTERRUPT), (TERMINATE, KILL))


@pytest.mark.parametrize(
    ("asked", "sent", "told"),
    [
        (None, (), ""),
        (17.0, (), "It was sent Ctrl-C (SIGINT) at {0}."),
        (
            17.0,
            ((TERMINATE, 27.0), (KILL, 37.0)),
            "It was sent Ctrl-C (SIGINT) at {0}, SIGTERM at {1}, SIGKILL at {2}.",
        ),
        (27.0, ((TERMINATE, 27.001),), "It was sent SIGTERM at {1}."),
    ],
    ids=["none", "Ctrl-C", "all", "SIGTERM at first"],
)
@pytest.mark.parametrize("state", [S.STOPPING, S.CANCELLED])
def test_which_signals_were_sent_and_when_is_told(
    asked: float | None, sent: tuple[tuple[str, float], ...], told: str, state: S
) -> None:
    snapshot = RUNNING._replace(
        state=state, stop_requested_at=asked, taken_at=40.0, stop_means=SIGNALS._replace(sent=sent),
        ended_at=40.0 if state.is_final else None,
    )  # fmt: skip
    times = [time.strftime("%H:%M:%S", time.localtime(RUNNING.created + moment - 5.0)) for moment in (17, 27, 37)]

    lines = sentences.overview(row(snapshot))

    assert [line for line in lines if "sent" in line] == ([told.format(*times)] if told else [])
    assert not any(line.startswith("Cancel interrupts") for line in lines), "it has been asked"


@pytest.mark.parametrize(
    ("stop", "kind", "expected"),
    [
        (StopMeans("sets stop"), StopKind.USER, "It was asked by its Cancel, which sets stop."),
        (
            with_signals(StopMeans("asks all"), (TERMINATE,)),
            StopKind.USER,
            "It was asked by its Cancel, which asks all.",
        ),
        (StopMeans("sets stop", (), ("sets paused",)), StopKind.USER, "Cancel sets stop."),
        (StopMeans("sets stop"), StopKind.PARENT, "Cancel sets stop."),
    ],
)
def test_what_cancel_has_done_is_told_as_done(stop: StopMeans, kind: StopKind, expected: str) -> None:
    """Where it is certain that this is how it was asked: not by an offer, nor along with another."""
    assert expected in said(STOPPING._replace(stop_means=stop, reason=BY_USER._replace(kind=kind)))
