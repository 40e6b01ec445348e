"""``taskmon attach`` and ``taskmon detach``: Python programs that run already."""

from __future__ import annotations

import contextlib
import json
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Final

from taskmon.attach import MEGABYTES_KEPT
from taskmon.attach.attach import Wish, attach, check, detach, examine
from taskmon.attach.process import age_of
from taskmon.attach.programs import Means, Program, ProgramFinder, Standing, describe, name_of
from taskmon.attach.refusals import Refusal, Refused
from taskmon.attach.request import Outcome
from taskmon.cli.terminal_text import fit, in_columns, ordinary_spaces, width_here
from taskmon.core.base.errors import TaskmonError, complain
from taskmon.core.base.text import format_bytes, format_duration, plain

#: Exit statuses: the program was left alone; it is watched already, or there is none to attach to.
REFUSED: Final = 2
INTERRUPTED: Final = 130
_HEADINGS: Final = ("PID", "PYTHON", "THREADS", "CPU", "MEMORY", "AGE", "POSSIBLE", "NAME", "FOLDER")
_POSSIBLE: Final = {Means.ATTACH: "attach", Means.LOOK: "look only", Means.NOTHING: "-"}
_STANDING: Final = {
    Standing.ATTACHED: "attached",
    Standing.STARTED_BY_US: "watched",
    Standing.ASKED: "waited for",
}


class Voice:
    """Says what becomes of a request: to people, or with `as_json` as one object on each line."""

    def __init__(self, *, as_json: bool = False) -> None:
        self._as_json = as_json

    def say(self, outcome: str, words: str, *, aside: bool = False, **more: object) -> None:
        """Tell of a step; what is said `aside` is no result."""
        if self._as_json:
            print(json.dumps({"outcome": outcome, **more, "message": words}), flush=True)
        elif aside:
            complain(words)
        else:
            print(words, flush=True)

    def refuse(self, refused: Refused) -> int:
        """Tell why a program was left alone; return the exit status."""
        values = {name: str(value) for name, value in refused.values.items()}
        self.say("refused", refused.message, aside=True, refusal=refused.refusal.value, values=values)
        return REFUSED


def attach_to(pid: int, wish: Wish, voice: Voice, *, window: bool, look_only: bool) -> int:
    """Attach to a program, or look at it if that is all that can be done; return the exit status."""
    try:
        check(pid)
        program = describe(pid)
        if program is not None and (look_only or program.means is Means.LOOK):
            return _look_at(program, voice, window=window)
        if program is not None and program.refusal is not None:
            raise program.refusal
        examine(pid)  # before a window opens for nothing
        _open_window(window)
        return _attach(pid, wish, voice)
    except Refused as refused:
        return voice.refuse(refused)


def _attach(pid: int, wish: Wish, voice: Voice) -> int:
    name = plain(name_of(pid), 80)
    told: list[str] = []

    def tell() -> None:
        if not told:
            told.append(
                f"{name} runs no Python code at this moment; it will be attached as soon as it does. Ctrl-C withdraws."
            )
            voice.say("waiting", told[0], aside=True)

    with _interruption() as interruption:
        try:
            outcome = attach(pid, wish, cancelled=interruption.is_set, waiting=tell)
        except InterruptedError:
            voice.say("withdrawn", f"The request is withdrawn; {name} was left alone.", aside=True)
            return INTERRUPTED
    let_go = f"“taskmon detach {pid}” lets it go again"
    if outcome is Outcome.ATTACHED:
        words = (
            f"{name} ({pid}) is attached: its tasks are in the window, whenever one is open. {let_go}; some modules of"
            f" taskmon, about {MEGABYTES_KEPT} MB once a window has shown it, stay in it until it ends."
        )
        voice.say("attached", words)
    elif outcome is Outcome.ALREADY:
        voice.say("already", f"{name} ({pid}) is attached already. {let_go}.")
    else:
        voice.say("already", f"{name} ({pid}): {Refused(Refusal.STARTED_BY_US).message}")
    return 0


def detach_from(pid: int, wish: Wish, voice: Voice) -> int:
    """Let a program go; return the exit status."""
    try:
        check(pid)
        name = plain(name_of(pid), 80)
        with _interruption() as interruption:
            detach(pid, wish, cancelled=interruption.is_set)
    except Refused as refused:
        return voice.refuse(refused)
    except InterruptedError:
        voice.say("withdrawn", f"The request is withdrawn; {name} stays attached.", aside=True)
        return INTERRUPTED
    voice.say("detached", f"{name} ({pid}) is no longer attached, and goes on.")
    return 0


def list_programs(*, as_json: bool) -> int:
    """Print this user's Python programs, and what can be done with each."""
    found, shown = ProgramFinder().find(), _in_the_window()
    if as_json:
        print(json.dumps([_as_json(program, in_window=program.pid in shown) for program in found], indent=2))
        return 0
    if not found:
        print("No Python program of yours runs.")
        return 0
    found.sort(key=lambda program: program.means is Means.NOTHING)  # as in the window
    for line in table(found, width_here(), shown):
        print(line)
    return 0


def _in_the_window() -> Collection[int]:
    """The processes of which the open window shows anything; none if no window is open, or it does not answer."""
    from taskmon.cli.task_lines import FINAL
    from taskmon.link.window_client import NoWindowError, Window

    try:
        with Window() as window:
            return {task["pid"] for task in window.tasks() if task["state"] not in FINAL}
    except (NoWindowError, TaskmonError):
        return ()


def table(found: Sequence[Program], width: int | None = None, shown: Collection[int] = ()) -> list[str]:
    """Return a heading, and a line for each program; beneath it why no more can be done with it.

    Of the processes `shown`, something is in the window.
    """
    cells = [_cells(program, in_window=program.pid in shown) for program in found]
    heading, *rows = in_columns([_HEADINGS, *cells], width)
    lines = [heading]
    for row, program in zip(rows, found, strict=True):
        lines.append(row)
        if program.standing is not Standing.NONE or program.pid in shown:
            continue  # there is nothing to be done
        if program.refusal is not None:
            why = f"    {program.refusal.message}"
            lines.append(why if width is None else fit(why, width))
    return lines


def _cells(program: Program, *, in_window: bool) -> tuple[str, ...]:
    share = program.cpu / program.age if program.age > 0 else 0.0
    return (
        str(program.pid),
        str(program.version),
        str(program.threads),
        f"{share:.0%}".replace("%", " %"),
        ordinary_spaces(format_bytes(program.memory)),
        ordinary_spaces(format_duration(program.age)),
        _STANDING.get(program.standing) or ("in the window" if in_window else _POSSIBLE[program.means]),
        plain(program.name, 40),
        plain(program.folder, 200),
    )


def _as_json(program: Program, *, in_window: bool) -> dict[str, Any]:
    return {
        "pid": program.pid,
        "name": plain(program.name, 400),
        "folder": plain(program.folder, 4_000),
        "environment": plain(program.environment, 4_000),
        "python": str(program.version),
        "threads": program.threads,
        "cpu_seconds": round(program.cpu, 2),
        "memory": program.memory,
        "age": round(program.age, 1),
        "possible": program.means.value,
        "standing": program.standing.value,
        "in_window": in_window,
        "why": program.refusal.message if program.refusal is not None else "",
    }


def _look_at(program: Program, voice: Voice, *, window: bool) -> int:
    """Show the threads of a program that cannot be attached to, until it ends or Ctrl-C."""
    from taskmon.attach.look import look
    from taskmon.link.program.publisher import Publisher
    from taskmon.watch.rows.outside import OutsideLook

    def seen() -> Any:
        return look(program.pid, str(program.version))

    seen()  # before a window opens for nothing
    _open_window(window)
    name = f"{plain(program.name, 80)} ({program.pid})"
    watched = OutsideLook(name, program.pid, seen, time.monotonic() - age_of(program.pid))
    words = f"{name} is looked at from outside: its threads are in the window, and nothing of it can be cancelled."
    voice.say("looking", words)
    publisher = Publisher(watched.board, program=name)
    publisher.start()
    with _interruption(watched.stop):
        try:
            watched.run()
            watched.finish("taskmon looks at it no more; it goes on.")
            status = 0
        except Refused as refused:
            watched.finish(refused.message)
            status = 0 if refused.refusal is Refusal.GONE else voice.refuse(refused)
    publisher.close(1.0)
    return status


def _open_window(wanted: bool) -> None:
    if wanted:
        from taskmon.link.window_client import ensure_window

        ensure_window("Its tasks will be in the window as soon as one is open")


@contextlib.contextmanager
def _interruption(then: Callable[[], object] = lambda: None) -> Iterator[threading.Event]:
    """Ctrl-C, and what ends a job otherwise, as an event: a request is to be withdrawn, not broken off.

    `then` is called as well.
    """
    event = threading.Event()

    def note(*_: object) -> None:
        event.set()
        then()

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield event
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
