"""What programs tell of their tasks, in the user's language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from taskmon.bridge import program_sentences
from taskmon.bridge.language import Language
from taskmon.bridge.program_sentences import in_users_words
from taskmon.bridge.table import text
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.link.window.verdict import of_program, of_task

ROOT = Path(__file__).resolve().parents[2]
#: What tells these sentences: the watcher, the agent on a cluster, what both sides know, and what hears them.
SOURCES = [
    *(path for room in ("watch", "cluster", "link") for path in (ROOT / "taskmon" / room).rglob("*.py")),
    *(ROOT / "taskmon" / "core" / name for name in ("task/ladder.py", "base/signals.py")),
    ROOT / "taskmon" / "cli" / "dask.py",
]


@pytest.fixture
def language(qtbot: QtBot) -> Iterator[Language]:
    made = Language()
    yield made
    made.close()


@pytest.fixture
def chinese(language: Language) -> None:
    language.use("zh_CN")


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("sets stop_event", "设置 stop_event"),
        ("sets self.running to False", "将 self.running 设为 False"),
        ("puts None into jobs (2 consumers), after 31 items", "将 None 放入 jobs（2 个消费者），在 31 个项目之后"),
        ("sets self.shut; also ends the program: huey", "设置 self.shut；同时会结束程序：huey"),
        (
            "what was found sets ready, but others look at it as well: "
            "Pool.run(), line 12, acts on how it is: calls publish() (line 14)",
            "找到的办法是：设置 ready，但其他代码也会查看它："
            "Pool.run()（第 12 行）会根据它的状态行动：调用 publish()（第 14 行）",
        ),
        ("calls shutdown() of the server", "调用服务器的 shutdown()"),
        ("Ended with status 3", "已结束，状态为 3"),
        ("Ended by SIGTERM, sent by you", "因您发送的 SIGTERM 结束"),
        ("It ended at 12 of 40.", "它在 12/40 处结束。"),
        ("No contact with the cluster since 12:31:05", "自 12:31:05 起与集群失去联系"),
        ("it also ends Pool.drain(), which another thread runs", "它还会结束由另一个线程运行的 Pool.drain()"),
        ("w-1 on a.b was lost: Dask starts it again, attempt 2", "w-1 on a.b 已丢失：Dask 重新启动它，第 2 次尝试"),
        ("Worker 3 on a has no taskmon: install it there: pip", "Worker 3 on a 没有 taskmon：请在那里安装：pip"),
        ("Worker 3 on a has no module 'big.data': install it there", "Worker 3 on a 没有模块 'big.data'：请在那里安装"),
        ("It cannot be sent to the cluster: TypeError: no", "无法发送到集群：TypeError: no"),
        ("Connection to dask 127.0.0.1:8786", "与 dask 127.0.0.1:8786 的连接"),
        ("2 workers, 1 task to do", "2 个工作进程，1 个任务待完成"),
        ("2 workers, 400 tasks to do, not all of them shown", "2 个工作进程，400 个任务待完成，未全部显示"),
        ("worker (process 12)", "工作进程（进程 12）"),
        ("the program's own words, whatever they are", "the program's own words, whatever they are"),
        ("", ""),
    ],
)
def test_what_a_program_says_is_shown_in_the_users_language(chinese: None, told: str, shown: str) -> None:
    assert in_users_words(told) == shown


def test_another_language_is_spoken_at_once(language: Language) -> None:
    assert in_users_words("cancels the timer") == "cancels the timer"
    language.use("zh_CN")
    assert in_users_words("cancels the timer") == "取消定时器"
    language.use("en")
    assert in_users_words("cancels the timer") == "cancels the timer"


def test_how_a_process_ended_is_told_in_the_words_of_the_window_and_known_by_them_in_none(chinese: None) -> None:
    """It is kept in English, as all that is known of other programs: the user may come to another language."""
    asked = TaskSnapshot(1, "x.py", TaskState.STOPPING, 1, 9.0, 0.0, 1.0, stop_requested_at=5.0)
    ended = asked._replace(**of_program(asked, None, -15, sent=["SIGTERM"])._asdict(), ended_at=9.0)

    assert ended.ended_by == "SIGTERM"
    assert ended.state_words(text.tr) == "被 SIGTERM 终止"
    assert text.cancelled_line(ended) == "因您发送的 SIGTERM 结束，历时 8.0\u00a0秒"
    lost = of_task(-9, watched=False, farewell=False)
    assert (lost.error, in_users_words(lost.error)) == ("Its program ended by SIGKILL", "所属程序被 SIGKILL 终止")


def test_what_the_programs_of_the_tests_offer_is_known(chinese: None) -> None:
    """Each of them says in its first lines what a cancel of its threads does."""
    told = set()
    for path in (ROOT / "tests" / "watch" / "programs").glob("*.py"):
        told |= set(re.findall(r"^# expect: \w+: (.+)$", path.read_text(), re.MULTILINE))
    told.discard("nothing")
    assert len(told) > 40
    assert {means for means in told if in_users_words(means) == means} == set()


def test_no_sentence_is_known_that_nothing_tells_any_more() -> None:
    """What stands between the names is in a source of the watcher, or is put together there from several phrases."""
    sources = re.sub(r'"\s*\n\s*f?"', "", "\n".join(path.read_text() for path in SOURCES))

    def is_told(phrase: str) -> bool:
        halves = [(phrase[:at].rstrip(",:;"), phrase[at + 1 :]) for at, letter in enumerate(phrase) if letter == " "]
        return phrase in sources or any(first in sources and is_told(rest) for first, rest in halves if len(first) > 3)

    templates = (*program_sentences._COMPOUND, *program_sentences._SIMPLE)
    counted = r"\{\w+\}|\b1 \w+"  # the form for one is made of that for several, where the sentence is told
    pieces = [(piece.strip(" ,:;()“”"), template) for template in templates for piece in re.split(counted, template)]
    assert {template for piece, template in pieces if not is_told(piece)} == set()
