"""Attaching to a Python that runs, and letting it go again."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Final, NamedTuple

from taskmon.attach.freezing import can_wake, wake, wakeable, while_frozen
from taskmon.attach.interpreter import Interpreter, ThreadState, find
from taskmon.attach.process import check_ours, check_visible, status_of, words_of
from taskmon.attach.programs import is_taskmon, looks_like_python, name_of
from taskmon.attach.refusals import Refusal, Refused
from taskmon.attach.request import SCRIPT, Answer, Note, Outcome, check_files, check_meeting_place
from taskmon.paths import PACKAGE, runtime_folder

#: Seconds within which a program that runs Python code at all comes to a safe point, beside busy threads too …
PATIENCE: Final = 2.0
#: … but those of its threads that wait, for the interpreter too, do so sooner, and are asked so many times; those that
#: run are looked at so many times before they are asked …
_BRIEFLY: Final = 0.1
_TIMES: Final = 5
_SAMPLES: Final = 5
#: … after which its threads are asked again, for others may have come, …
_AGAIN: Final = 5.0
#: … one that was woken has so long before the next is …
_WAKES: Final = 0.2
#: … and for its answer: it loads some modules, in one thread beside all of its own.
_ANSWER: Final = 20.0
_PAUSE: Final = 0.01


#: What nobody can have attached to.
_NEVER_ATTACHED: Final = frozenset({
    Refusal.NOT_PYTHON, Refusal.TOO_OLD, Refusal.LOOK_ONLY, Refusal.TOO_NEW, Refusal.PRERELEASE, Refusal.FREE_THREADED,
})  # fmt: skip
#: What this user may not look into.
_OUT_OF_REACH: Final = frozenset({
    Refusal.OTHER_USER, Refusal.ONLY_CHILDREN, Refusal.ONLY_ROOT, Refusal.NOBODY, Refusal.CHANGED_RIGHTS,
    Refusal.FORBIDDEN,
})  # fmt: skip


class Wish(NamedTuple):
    """How to attach."""

    wait: bool = False
    """Wait for as long as it takes until a thread runs Python code."""
    wake: bool = False
    """Wake threads from calls in which they wait, one after the other, until one looks up."""
    library_threads: bool = False
    """List the threads of libraries as well."""


def _never() -> bool:
    return False


def _nothing() -> None:
    pass


def attach(
    pid: int,
    wish: Wish,
    *,
    cancelled: Callable[[], bool] = _never,
    waiting: Callable[[], object] = _nothing,
) -> Outcome:
    """Have a program load taskmon and show itself in the window.

    Returns `Outcome.ATTACHED`, or `Outcome.ALREADY` or `Outcome.STARTED_BY_US` if it is watched already.

    Args:
        pid: its process.
        wish: how.
        cancelled: asked again and again while nothing happens; once it is true, the request is withdrawn.
        waiting: called when the program does not do it at once, but it is waited for.

    Raises:
        Refused: it cannot be attached to; nothing of it has been changed, unless the sentence says so.
        InterruptedError: it was `cancelled`.
    """
    words = {
        "want": "attach",
        "folder": str(PACKAGE),
        "runtime": runtime_folder(),
        "library": "yes" if wish.library_threads else "",
        "window": "yes",
    }
    answer = _ask(pid, words, wish, cancelled, waiting)
    if answer.outcome is Outcome.REPLACED:
        raise Refused(Refusal.GREENLETS)
    if answer.outcome not in (Outcome.ATTACHED, Outcome.ALREADY, Outcome.STARTED_BY_US):
        raise Refused(Refusal.FAILED, error=answer.text)
    return answer.outcome


def detach(pid: int, wish: Wish, *, cancelled: Callable[[], bool] = _never) -> None:
    """Have a program let go of taskmon. It goes on; see `attach` for the rest."""
    try:
        answer = _ask(pid, {"want": "detach", "folder": str(PACKAGE)}, wish, cancelled, _nothing)
    except Refused as refused:
        if refused.refusal in _NEVER_ATTACHED:
            raise Refused(Refusal.NOT_ATTACHED) from None
        raise
    if answer.outcome is Outcome.STARTED_BY_US:
        raise Refused(Refusal.STARTED_BY_US)
    if answer.outcome in (Outcome.NOT_ATTACHED, Outcome.REPLACED):
        raise Refused(Refusal.NOT_ATTACHED)
    if answer.outcome is not Outcome.DETACHED:
        raise Refused(Refusal.FAILED, error=answer.text)


def examine(pid: int) -> Interpreter:
    """Return the Python of a program that can be attached to, as far as can be told without asking it.

    Raises:
        Refused: it cannot.
    """
    check(pid)
    interpreter = find(pid)
    if len(os.fsencode(SCRIPT)) > interpreter.longest_path:
        raise Refused(Refusal.PATH_TOO_LONG, path=str(SCRIPT))
    check_files(pid)
    check_meeting_place(pid, runtime_folder())
    if not interpreter.lets_itself_be_asked():
        raise Refused(Refusal.DISABLED)
    return interpreter


def check(pid: int) -> None:
    """Raise Refused unless it is a program of this user that may be looked into, and not taskmon."""
    words = words_of(pid)
    if pid == os.getpid() or (words and is_taskmon(words)):
        raise Refused(Refusal.TASKMON, pid=pid)
    try:
        check_ours(pid)
        check_visible(pid)
    except Refused as refused:
        # Nobody needs to know how to get at what is no Python, as far as can be seen: PID 1, for example.
        if refused.refusal in _OUT_OF_REACH and not looks_like_python(words):
            raise Refused(Refusal.NOT_PYTHON, pid=pid) from None
        raise
    if status_of(pid).get("Kthread") == "1":
        raise Refused(Refusal.NOT_PYTHON, pid=pid)
    if not words:
        raise Refused(Refusal.BETWEEN)


def _ask(
    pid: int, words: dict[str, str], wish: Wish, cancelled: Callable[[], bool], waiting: Callable[[], object]
) -> Answer:
    interpreter = examine(pid)
    script = os.fsencode(SCRIPT)
    name = name_of(pid)  # only now: before, it may not even have had a command line
    with Note(pid, {**words, "name": name}) as note:
        request = _Request(interpreter, script, note)
        try:
            request.ask(running=False)
            request.wait_until_taken(wish, cancelled, waiting)
            return note.answer(_ANSWER)
        finally:
            request.take_back()


class _Request:
    """What was asked of the threads of one program, so that it can be taken back."""

    def __init__(self, interpreter: Interpreter, script: bytes, note: Note) -> None:
        self._interpreter = interpreter
        self._script = script
        self._note = note
        self._asked: list[ThreadState] = []
        self._run = False  # whether a thread was seen to run

    def ask(self, *, running: bool) -> None:
        """Ask the threads that wait and have not been asked yet; with `running`, those that run as well."""
        interpreter, but = self._interpreter, set[int]()
        for _ in range(_SAMPLES if running else 0):
            states = while_frozen(interpreter.pid, interpreter.threads)
            but |= {state.thread for state in states if not state.can}
            self._run = self._run or any(not state.waits for state in states)
            threading.Event().wait(_PAUSE / 2)
        self._asked += while_frozen(
            interpreter.pid,
            lambda: interpreter.ask(self._script, already=self._asked, running=running, but=but),
        )

    def take_back(self) -> None:
        """Ask no more."""
        if self._asked:
            try:
                while_frozen(
                    self._interpreter.pid, lambda: self._interpreter.take_back(self._script, list(self._asked))
                )
            except Refused:
                return  # it has gone; or what is left finds no note, and does nothing

    def wait_until_taken(self, wish: Wish, cancelled: Callable[[], bool], waiting: Callable[[], object]) -> None:
        """Return once a thread has taken the note. Raises Refused if none does in time, and what `attach` raises."""
        for _ in range(_TIMES):
            if self._is_taken_within(_BRIEFLY, cancelled):
                return
            self.ask(running=False)
        self.ask(running=True)
        if self._is_taken_within(PATIENCE, cancelled):
            return
        if wish.wake and can_wake():
            woken = False
            for thread in wakeable(self._interpreter.pid, [state.thread for state in self._asked]):
                if wake(thread):
                    woken = True
                    if self._is_taken_within(_WAKES, cancelled):
                        return
            if woken and self._is_taken_within(PATIENCE, cancelled):  # on a busy machine none had a turn until now
                return
        while wish.wait:
            waiting()
            if self._is_taken_within(_AGAIN, cancelled):
                return
            self.ask(running=True)
        if self._note.withdraw():
            check_ours(self._interpreter.pid)  # it may have been stopped meanwhile
            raise Refused(Refusal.NO_PLACE if self._run else Refusal.NO_PYTHON_CODE)

    def _is_taken_within(self, seconds: float, cancelled: Callable[[], bool]) -> bool:
        pause = threading.Event()
        for _ in range(max(1, int(seconds / _PAUSE))):
            if self._note.is_taken():
                return True
            if cancelled() and self._note.withdraw():
                raise InterruptedError
            pause.wait(_PAUSE)
        return False
