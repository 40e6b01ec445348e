"""The terminal's face: real processes, real signals, a real pseudo-terminal."""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import textwrap
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from taskmon.cli.terminal import run_headless
from taskmon.cli.terminal_output import LiveFace, PlainFace
from taskmon.cli.terminal_text import fit
from taskmon.core.base.errors import TaskmonError
from taskmon.core.base.files import part_pattern
from taskmon.core.task.progress import Progress
from taskmon.core.task.snapshot import TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.jobs.declare import Work

ROOT = Path(__file__).parents[2]
WATCHDOG = 120.0

# What every script below can use. `deaf` never looks and never ends; the others wait where a stop wakes them.
PRELUDE = """
import sys, threading
from taskmon.cli.terminal import run_headless
from taskmon.jobs.declare import Work

def obedient(ctx):
    ctx.progress(1, 4, "things", "at it")
    ctx.log("ready")
    ctx.consequence = "1 of 4 things done"
    ctx.sleep(1e6)

def deaf(ctx):
    ctx.log("ready")
    threading.Event().wait()
"""

# Gives the process a terminal to be controlled by, and signals as an interactive shell would.
LAUNCHER = """
import fcntl, os, signal, sys, termios
if sys.argv[1] == "tty":
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN if signal.Signals(number).name == sys.argv[2] else signal.SIG_DFL)
os.execv(sys.argv[3], sys.argv[3:])
"""


class Session:
    """A taskmon process and what it has written so far."""

    def __init__(self, process: subprocess.Popen[bytes], output: int) -> None:
        self.process = process
        self.output = output
        self.seen = b""
        self._mark = 0

    def wait_for(self, text: str) -> None:
        """Read until `text` comes, after what has been waited for before."""
        wanted = text.encode()
        while (found := self.seen.find(wanted, self._mark)) < 0:
            assert self._read(), f"{text!r} never came; the end of the output: {self.seen[-2000:]!r}"
        self._mark = found + len(wanted)

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def type(self, text: str) -> None:
        os.write(self.output, text.encode())

    def end(self) -> tuple[int, str]:
        while self._read():
            pass
        return self.process.wait(WATCHDOG), self.seen.decode()

    def _read(self) -> bool:
        try:
            data = os.read(self.output, 65536)
        except OSError:  # how a pseudo-terminal says that the other side has closed it
            return False
        self.seen += data
        return bool(data)


def _command(script: str | list[str], mode: str, ignored: str) -> list[str]:
    code = script if isinstance(script, list) else ["-c", PRELUDE + textwrap.dedent(script)]
    return [sys.executable, "-c", LAUNCHER, mode, ignored, sys.executable, *code]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "PYTHONFAULTHANDLER": "1", "PYTHONUTF8": "1"}


@contextlib.contextmanager
def in_a_pipe(script: str | list[str], ignored: str = "") -> Iterator[Session]:
    """Run a script, or the arguments of Python, with a pipe for its output."""
    with subprocess.Popen(
        _command(script, "pipe", ignored), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=_environment()
    ) as process:
        assert process.stdout is not None
        try:
            yield Session(process, process.stdout.fileno())
        finally:
            process.kill()


@contextlib.contextmanager
def in_a_terminal(script: str | list[str], columns: int = 80, rows: int = 24) -> Iterator[Session]:
    """The same in a pseudo-terminal, which it is controlled by: typing ^C is Ctrl-C."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    with subprocess.Popen(
        _command(script, "tty", ""),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=_environment(),
        start_new_session=True,
    ) as process:
        os.close(slave)
        try:
            yield Session(process, master)
        finally:
            process.kill()
            os.close(master)


# -- ends and exit statuses --------------------------------------------------------------------------------------------


def run(*work: Work) -> tuple[int, list[str]]:
    """Run in this process; return the exit status and the lines, with the times taken out."""
    output = io.StringIO()
    status = run_headless(work, output)
    return status, re.sub(r"(in|after) \d+\.\d s", r"\1 T", output.getvalue()).splitlines()


def test_success_is_told_with_its_result() -> None:
    status, lines = run(Work("sum", lambda ctx, a, b: f"{a + b}\nand \x1b[1mmore", {"a": 1, "b": 2}))
    assert (status, lines) == (0, ["sum: started", "sum: done in T", "  3", "  and ␛[1mmore"])


def test_no_result_is_not_told() -> None:
    assert run(Work("quiet", lambda ctx: None, {})) == (0, ["quiet: started", "quiet: done in T"])


def test_a_bug_is_told_with_its_traceback() -> None:
    def bad(ctx: Any) -> None:
        ctx.consequence = "half of it done"
        raise ValueError("no good")

    status, lines = run(Work("bad", bad, {}))
    assert status == 1
    assert lines[1] == "bad: failed after T: ValueError: no good (half of it done)"
    assert lines[2] == "  Traceback (most recent call last):"
    assert lines[-1] == "  ValueError: no good"


def test_an_explained_failure_is_told_with_its_detail_only() -> None:
    def bad(ctx: Any) -> None:
        raise TaskmonError("Not the same", "2 changed.", "changed: a\nchanged: \u202eb")

    status, lines = run(Work("bad", bad, {}))
    assert status == 1
    assert lines[1:] == ["bad: failed after T: Not the same: 2 changed.", "  changed: a", "  changed: \\u202eb"]


def test_names_and_log_lines_are_printed_literally() -> None:
    status, lines = run(Work("a\nb\x1b]0;evil\x07", lambda ctx: ctx.log("\x1b[31mred\udcff"), {}))
    assert status == 0
    assert lines[:2] == ["a␤b␛]0;evil␇: started", "a␤b␛]0;evil␇: ␛[31mred\\xff"]


def test_a_long_list_is_cut() -> None:
    def bad(ctx: Any) -> None:
        raise TaskmonError("Many", "", "\n".join(f"changed: {n}" for n in range(1000)))

    _, lines = run(Work("bad", bad, {}))
    assert lines[-1] == "  … and 800 more lines"
    assert len(lines) < 210


def test_one_failure_among_successes_is_status_1() -> None:
    status, _ = run(Work("good", lambda ctx: None, {}), Work("bad", lambda ctx: 1 / 0, {}))
    assert status == 1


def test_subtasks_are_waited_for_and_only_their_failures_told() -> None:
    def parent(ctx: Any) -> str:
        ctx.subtask(lambda ctx: None, name="good child")
        ctx.join(ctx.subtask(lambda ctx: 1 / 0, name="bad child"))
        return "fine"

    status, lines = run(Work("parent", parent, {}))
    assert status == 0
    text = "\n".join(lines)
    assert "bad child: failed after T: ZeroDivisionError: division by zero" in text
    assert "good child: done" not in text
    assert "parent: done in T\n  fine" in text


def test_the_handlers_of_signals_are_put_back() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    run(Work("quiet", lambda ctx: None, {}))
    assert {number: signal.getsignal(number) for number in before} == before


# -- signals -----------------------------------------------------------------------------------------------------------

OBEDIENT = 'sys.exit(run_headless([Work("one", obedient, {}), Work("two", obedient, {})]))'
DEAF = 'sys.exit(run_headless([Work("one", obedient, {}), Work("stubborn", deaf, {})]))'


def test_ctrl_c_cancels_and_exits_130() -> None:
    with in_a_pipe(OBEDIENT) as session:
        session.wait_for(": ready")
        session.wait_for(": ready")
        session.send(signal.SIGINT)
        status, text = session.end()
    assert status == 130, text
    assert "Cancelling… (press Ctrl-C again to leave without waiting)" in text
    for name in ("one", "two"):
        assert f"{name}: cancelling…\n" in text
        assert re.search(rf"{name}: cancelled after [\d.]+ s: 1 of 4 things done\n", text)
    assert "Traceback" not in text


@pytest.mark.parametrize(("number", "expected"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_other_signals_cancel_as_well(number: int, expected: int) -> None:
    with in_a_pipe(OBEDIENT) as session:
        session.wait_for(": ready")
        session.wait_for(": ready")
        session.send(number)
        status, text = session.end()
    assert status == expected, text
    assert text.count(": cancelled after") == 2


def test_a_second_ctrl_c_leaves_a_deaf_worker() -> None:
    with in_a_pipe(DEAF) as session:
        session.wait_for(": ready")
        session.wait_for(": ready")
        session.send(signal.SIGINT)
        session.wait_for("one: cancelled after")
        session.send(signal.SIGINT)
        status, text = session.end()
    assert status == 130, text
    assert text.endswith("Leaving without waiting.\n")
    assert "stubborn: cancelled" not in text, "it was not: its thread still ran"


def test_a_signal_that_was_ignored_at_the_start_stays_ignored() -> None:
    with in_a_pipe(OBEDIENT, ignored="SIGINT") as session:
        session.wait_for(": ready")
        session.wait_for(": ready")
        session.send(signal.SIGINT)
        session.send(signal.SIGTERM)
        status, text = session.end()
    assert status == 143, text
    assert "Ctrl-C" not in text
    assert "Leaving" not in text, "it was heeded as a second signal"


def test_ctrl_c_after_the_work_is_done_in_time_is_no_failure() -> None:
    script = """
    def finishing(ctx):
        ctx.log("ready")
        ctx.stop.wait()
        ctx.progress(1, 1)
        return "all of it"
    sys.exit(run_headless([Work("one", finishing, {})]))
    """
    with in_a_pipe(script) as session:
        session.wait_for(": ready")
        session.send(signal.SIGINT)
        status, text = session.end()
    assert status == 0, text
    assert re.search(r"one: done in [\d.]+ s, before it could be cancelled\n  all of it\n", text)


def test_the_process_ends_even_if_nobody_takes_its_output() -> None:
    script = """
    def chatty(ctx):
        while True:
            ctx.log("x" * 1000)
    sys.exit(run_headless([Work("one", chatty, {})]))
    """
    with in_a_pipe(script) as session:
        session.wait_for("xxx")  # and no more is read: the pipe fills up
        while session.process.poll() is None:
            session.send(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                session.process.wait(0.05)
        assert session.process.returncode == 130


CHATTY = """
def chatty(ctx):
    try:
        while True:
            ctx.log("tick")
            ctx.sleep(0.001)
    finally:
        open({mark!r}, "w").close()
sys.exit(run_headless([Work("one", chatty, {{}})]))
"""


def test_a_closed_output_cancels_the_work(tmp_path: Path) -> None:
    with in_a_pipe(CHATTY.format(mark=str(tmp_path / "cleaned up"))) as session:
        session.wait_for("tick")
        assert session.process.stdout is not None
        session.process.stdout.close()
        assert session.process.wait(WATCHDOG) == 141
    assert (tmp_path / "cleaned up").exists()


def test_leaving_while_a_manifest_is_written_keeps_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "file").write_text("content")
    manifest = tmp_path / "m"
    manifest.write_text("old")
    script = f"""
    import os
    from taskmon.jobs.checksum import checksum

    def job(ctx):
        def stuck(descriptor):
            ctx.log("ready")
            threading.Event().wait()

        os.fsync = stuck
        return checksum(ctx, [{str(tmp_path / "data")!r}], manifest={str(manifest)!r})

    sys.exit(run_headless([Work("one", job, {{}})]))
    """
    with in_a_pipe(script) as session:
        session.wait_for(": ready")
        session.send(signal.SIGINT)
        session.wait_for("cancelling…")
        session.send(signal.SIGINT)
        status, text = session.end()
    assert status == 130, text
    assert manifest.read_text() == "old"
    (part,) = {path.name for path in tmp_path.iterdir()} - {"data", "m"}
    assert part_pattern("m").fullmatch(part)


# -- the live lines ----------------------------------------------------------------------------------------------------


def _columns(text: str) -> int:
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


class Screen:
    """As much of a terminal as the live face uses. It refuses whatever else it is sent."""

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self.lines = [""]
        self.row = 0

    def feed(self, text: str) -> None:
        for token in re.findall(r"\x1b\[(?:\d*A|K|J)|\^C|[\r\n]|[^\x1b\r\n^]+|.", text):
            if token == "\r":
                continue  # every line is written from its start
            if token == "\n":
                self.row += 1
                if self.row == len(self.lines):
                    self.lines.append("")
            elif token == "\x1b[K":
                continue
            elif token == "\x1b[J":
                del self.lines[self.row + 1 :]
            elif token.endswith("A") and token.startswith("\x1b["):
                self.row -= int(token[2:-1])
                assert self.row >= 0
            elif token == "^C":
                continue  # the echo of the key
            else:
                assert token.isprintable(), f"{token!r} would drive the terminal"
                self.lines[self.row] = token


def _show(session: Session, columns: int) -> tuple[int, Screen]:
    status, text = session.end()
    screen = Screen(columns)
    screen.feed(text)
    return status, screen


def test_a_live_line_for_each_task_and_what_stays_above() -> None:
    with in_a_terminal(OBEDIENT) as session:
        session.wait_for("25 %  1 of 4 things  at it")
        session.type("\x03")
        status, screen = _show(session, 80)
    assert status == 130
    told = [line for line in screen.lines if "ready" not in line]
    assert told[0] == "Cancelling… (press Ctrl-C again to leave without waiting)"
    assert {line.split(":")[0] for line in told[1:3]} == {"one", "two"}
    assert all("cancelled after" in line for line in told[1:3])


def test_a_second_ctrl_c_at_a_terminal() -> None:
    with in_a_terminal(DEAF) as session:
        session.wait_for("stubborn: ready")
        session.wait_for("stubborn")
        session.type("\x03")
        session.wait_for("stubborn  Cancelling…")
        session.type("\x03")
        status, screen = _show(session, 80)
    assert status == 130
    assert "Leaving without waiting." in screen.lines


@pytest.mark.parametrize("columns", [1, 2, 10, 41, 80, 200])
def test_no_line_is_ever_as_wide_as_the_terminal(columns: int) -> None:
    script = """
    def job(ctx):
        ctx.progress(123456789, 987654321, "bytes", "目录/文件名-" * 30)
        ctx.subtask(lambda ctx: ctx.sleep(1e6), name="子任务 " * 20)
        ctx.sleep(1e6)
    sys.exit(run_headless([Work("校验 和 e\u0301\u0301 " * 5 + "\\x1b[31m", job, {})]))
    """
    with in_a_terminal(script, columns=columns) as session:
        session.wait_for("\x1b[1A")  # drawn at least twice, with two lines
        text = session.seen.decode(errors="ignore")
        session.type("\x03")
        status, _ = session.end()
    assert status == 130
    live = re.split(r"[\r\n]+", re.sub(r"\x1b\[\d*[AKJ]", "\n", text))
    assert all(_columns(line) < columns for line in live), live


def test_more_tasks_than_rows() -> None:
    script = 'sys.exit(run_headless([Work(f"task {n}", lambda ctx: ctx.sleep(1e6), {}) for n in range(30)]))'
    with in_a_terminal(script, rows=10) as session:
        session.wait_for("… and 23 more tasks")
        session.type("\x03")
        status, screen = _show(session, 80)
    assert status == 130
    assert sum("cancelled after" in line for line in screen.lines) == 30


def test_a_dumb_terminal_gets_plain_lines() -> None:
    with in_a_terminal('import os; os.environ["TERM"] = "dumb"\n' + OBEDIENT) as session:
        session.wait_for("one: started")
        session.type("\x03")
        status, text = session.end()
    assert status == 130
    assert "\x1b" not in text


def test_the_checksum_job_from_end_to_end(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for number in range(50):
        (data / f"file {number}").write_text("x" * number * 1000)
    manifest = data / "SHA256SUMS"
    arguments = ["-m", "taskmon", "start", "checksum", str(data), "--headless"]
    with in_a_terminal([*arguments, "--manifest", str(manifest)]) as session:
        status, screen = _show(session, 80)
    assert status == 0
    assert "  50 files, 1.2 MB hashed with sha256." in screen.lines
    (data / "file 7").write_text("something else")
    with in_a_pipe([*arguments, "--verify", str(manifest)]) as session:
        status, text = session.end()
    assert status == 1
    assert "The files are not as the manifest says: 1 changed of 50.\n  changed: file 7\n" in text


# -- the faces alone ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("plain", 5, "plain"),
        ("plainer", 5, "plai…"),
        ("文件", 4, "文件"),
        ("文件名", 5, "文件…"),
        ("文件名", 4, "文…"),
        ("文件", 1, "…"),
        ("文件", 0, ""),
        ("abc", -1, ""),
        ("e\u0301e\u0301e\u0301", 3, "e\u0301e\u0301e\u0301"),
        ("e\u0301e\u0301e\u0301e", 3, "e\u0301e\u0301…"),
    ],
)
def test_fit(text: str, width: int, shown: str) -> None:
    assert fit(text, width) == shown


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def _snapshot(clock: Clock, done: float, total: float | None, unit: str = "bytes", **changes: Any) -> TaskSnapshot:
    values = {"started_at": 1000.0, "progress": Progress(done, total, unit, "a message"), **changes}
    return TaskSnapshot(1, "copy", values.pop("state", TaskState.RUNNING), 1, clock.now, 1000.0, **values)


def test_plain_progress_comes_every_few_seconds() -> None:
    clock, output = Clock(), io.StringIO()
    face = PlainFace(output, clock)
    for second in range(12):
        clock.now = 1000.0 + second
        face.show([_snapshot(clock, second * 1_000_000, 100_000_000)])
    assert output.getvalue() == ("copy: 5 %, 5.0 MB of 100 MB, a message\ncopy: 10 %, 10 MB of 100 MB, a message\n")


def test_the_rate_and_the_time_left_come_once_they_mean_something() -> None:
    clock, output = Clock(), io.StringIO()
    face = LiveFace(output, clock)
    drawn = []
    for tenth in range(80):
        clock.now = 1000.0 + tenth / 10
        output.truncate(0)
        face.show([_snapshot(clock, tenth * 100_000, 100_000_000)])
        drawn.append(output.getvalue())
    assert "/s" not in drawn[4]
    assert "1.0 MB/s" in drawn[7]
    assert "left" not in drawn[49]
    assert "about 1 m 34 s left" in drawn[51]


def test_silly_amounts_do_not_stop_the_drawing() -> None:
    clock, output = Clock(), io.StringIO()
    face = LiveFace(output, clock)
    for done in (0, 1, 10**400, 10**401):
        clock.now += 1.5
        face.show([_snapshot(clock, done, 10**402)])
        face.show([_snapshot(clock, done, None, "things")])
    assert "over 10^36" in output.getvalue()


def test_many_events_make_one_drawing() -> None:
    clock, output = Clock(), io.StringIO()
    face = LiveFace(output, clock)
    for _ in range(100):
        face.show([_snapshot(clock, 1, 2)])
    assert output.getvalue().count("copy") == 1


def test_a_deaf_worker_is_told_as_such() -> None:
    clock, output = Clock(), io.StringIO()
    clock.now = 1010.0
    stopping = _snapshot(clock, 1, 2, "things", state=TaskState.STOPPING, stop_requested_at=1001.0)
    LiveFace(output, clock).show([stopping])
    assert "Cancelling… 9 s (no checkpoint yet)" in output.getvalue()
