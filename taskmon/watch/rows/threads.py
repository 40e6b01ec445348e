"""Showing the threads of ``threading``."""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from collections.abc import Mapping
from types import CodeType, FrameType, MethodType
from typing import TYPE_CHECKING, Any, Final

from taskmon.core.stacks.frames import current_frames
from taskmon.core.stop.reason import StopKind
from taskmon.watch.ownership import code_of, is_own_file, is_users_file, is_work, name_of, unwrap
from taskmon.watch.rows.flood import Flood
from taskmon.watch.rows.stoppable_task import StoppableTask
from taskmon.watch.rows.watched_task import RawProgress, WatchedTask
from taskmon.watch.thread_fields import active_threads, fields_of, has_started, ident_of, is_a
from taskmon.watch.thread_fields import name_of as name_of_thread

if TYPE_CHECKING:
    from taskmon.core.task.progress import Progress
    from taskmon.watch.hooks.threads import ThreadHook, ThreadRecord
    from taskmon.watch.rows.program import ProgramRow
    from taskmon.watch.rows.watched_task import Board

#: The functions in which a server or an event loop goes its rounds.
_SERVE: Final = frozenset({"serve_forever", "run_forever", "run_until_complete"})
#: Seconds after which a thread of that kind is in one of them.
_SHOWS_ITSELF: Final = 0.3
#: Threads of a flood that failed get rows, but not more than this many a look.
_MOST_FAILURES: Final = 50
#: Kinds of brief threads that are counted, each in a row.
_MOST_BRIEF_KINDS: Final = 20
#: Functions without a leading underscore that the standard library starts threads with.
_MACHINERY: Final = frozenset({"process_request_thread", "worker"})
LIBRARY_THREAD: Final = "it belongs to a library, which may rely on it"


class ThreadRow(StoppableTask):
    """A `threading.Thread`."""

    kind = "thread"

    def __init__(self, board: Board, record: ThreadRecord, parent: WatchedTask, *, library: bool) -> None:
        thread = record.thread()
        # One that goes round by a `run` of its own is at work between its rounds as well: it does not wait to begin.
        self.is_timer = is_a(thread, threading.Timer) and getattr(type(thread), "run", None) is threading.Timer.run
        interval: Any = fields_of(thread).get("interval") if self.is_timer else 0.0
        self._interval = float(interval) if type(interval) in (int, float) else 0.0
        if self.is_timer:
            self.kind = "timer"
        name = _name_of(record, thread)
        served = _users_object(thread) if library else ""
        super().__init__(board, f"{served} {name}" if served else name, parent, queued=self.is_timer, at=record.began)
        self.record = record
        self.library = library
        self.says = ""
        """What it is at, as of the last look."""
        self.progress_from = self._says_now
        self.thread_name = record.name
        if library:
            self.why_not = LIBRARY_THREAD

    def _says_now(self) -> RawProgress:
        return None, None, "", self.says

    def _may_report(self, known: Progress) -> bool:
        return self.progress_from != self._says_now or self.says != known.message

    def _target(self) -> Any:
        thread = self.record.thread()
        if thread is None or self.library:
            return None
        from taskmon.watch.flags import Target

        target = Target.of_thread(thread)
        function, args, kwargs = unwrap(target.function, target.args, target.kwargs, in_context=True)
        return target._replace(function=function, args=args, kwargs=kwargs)

    def _runs_still(self) -> bool:
        return not self.is_timer and not _ended(self.record)

    def look(self, thread: threading.Thread) -> None:
        """It is there: see what it does."""
        self.thread_id = ident_of(thread)
        if self.is_timer and self.state.value == "queued" and _has_fired(thread):
            self.begin(self.thread_id, name_of_thread(thread))
            self.finding, self._looked = None, 0

    def finish(self) -> None:
        """Its thread has ended."""
        record = self.record
        if self.is_timer and self.state.value == "queued":
            cancelled = self.stop_requested or (time.monotonic() - record.began < self._interval)
            if cancelled:
                self.finding = None
                self.end(cancelled=True)
                return
            self.begin(None, record.name)
        if record.cancelled:
            self.note_stop("what it ran was cancelled", StopKind.REQUEST)
        self.finding = None  # it refers to the thread and its arguments
        self.end(error=record.error, details=record.details)


class BriefThreadsRow(WatchedTask):
    """The threads of a flood that came and went without a row of their own."""

    kind = "thread"

    def __init__(self, board: Board, name: str, parent: WatchedTask) -> None:
        super().__init__(board, f"{name}: more threads", parent)
        self.why_not = "each of them is over before it could be stopped"
        self.count = 0
        self.progress_from = lambda: (None, None, "", f"{self.count} have ended")

    def program_ended(self) -> None:
        """Those that are counted have ended before."""
        self.end()


class ThreadLook:
    """Keeps the rows of threads. In the agent's thread."""

    def __init__(self, hook: ThreadHook, board: Board, program: ProgramRow, *, library: bool) -> None:
        self._hook = hook
        self._board = board
        self._program = program
        self._library = library
        self._live: dict[ThreadRecord, ThreadRow | None] = {}
        self._internal: dict[ThreadRecord, str] = {}
        self._serving: set[ThreadRecord] = set()
        self._flood = Flood()
        self._held: dict[ThreadRecord, tuple[Any, str]] = {}
        self._brief: dict[tuple[Any, str], BriefThreadsRow] = {}
        self._failures_shown = 0
        self._frames: Mapping[int, FrameType] = {}

    def idents(self) -> set[int]:
        """Those that have no row though they run the program's own code: there are too many, or they only serve."""
        found = (ident_of(record.thread()) for record in (*self._held, *self._serving))
        return {ident for ident in found if ident is not None}

    def internal(self) -> dict[ThreadRecord, str]:
        """The threads that libraries run for themselves, but for those of pools, and what they are called."""
        return self._internal

    def rows(self) -> list[ThreadRow]:
        """The rows of the threads that are there."""
        return [row for row in self._live.values() if row is not None]

    def rows_by_thread(self) -> dict[int, StoppableTask]:
        """The rows of the threads that run, by thread."""
        return {row.thread_id: row for row in self._live.values() if row is not None and row.thread_id is not None}

    def look(self, frames: Mapping[int, FrameType]) -> None:
        """See which threads have come and gone."""
        self._failures_shown = 0
        self._frames = frames
        new = self._hook.new
        for _ in range(len(new)):
            self._consider(new.popleft())
        for record, kind in list(self._held.items()):
            if _ended(record) or self._flood.admits(kind, record.began):
                del self._held[record]
                self._consider(record)
        for record, row in list(self._live.items()):
            self._board.obey()
            try:
                self._look_at(record, row)
            except BaseException as error:
                self._live[record] = None
                self._program.tell_trouble(f"The thread “{record.name}” is not followed any more", error)
                if row is not None:
                    row.end(consequence="What becomes of it cannot be seen.")

        self._tell_brief()
        self._frames = {}

    def _consider(self, record: ThreadRecord) -> None:
        """Give it a row, unless it is one of a flood: then it has to last, or to fail."""
        kind, ended = _kind_of(record), _ended(record)
        if ended and not (record.error or is_work(record.creator)):
            return
        if not ended and self._is_undecided(record):
            self._held[record] = kind
            return
        if not self._flood.admits(kind, record.began):
            if not ended:
                self._held[record] = kind
                return
            self._flood.passed(kind)
            if not record.error or self._failures_shown >= _MOST_FAILURES:
                self._count_brief(kind)
                return
            self._failures_shown += 1
        try:
            row = self._live[record] = self._make(record)
            if row is not None:
                self._flood.began(kind)
        except BaseException as error:  # of an object of the program's: it is passed over, and no other
            self._live[record] = None
            self._program.tell_trouble(f"The thread “{record.name}” cannot be shown", error)

    def _is_undecided(self, record: ThreadRecord) -> bool:
        """Whether it is of an installed command, and has not run for long enough to show if it only serves."""
        if record.earlier or time.monotonic() - record.began >= _SHOWS_ITSELF:
            return False
        return not _is_users(record.creator) and not _is_users(_code_of(record.thread()))

    def _serves(self, thread: threading.Thread | None) -> bool:
        """Whether a thread of an installed command is there to run a server's or an event loop's rounds."""
        frame = self._frames.get(ident_of(thread) or 0)
        while frame is not None:
            if frame.f_code.co_name in _SERVE and not _is_users(frame.f_code):
                return True
            frame = frame.f_back
        return False

    def _count_brief(self, kind: tuple[Any, str]) -> None:
        row = self._brief.get(kind)
        if row is None:
            if len(self._brief) >= _MOST_BRIEF_KINDS:
                return
            row = self._brief[kind] = BriefThreadsRow(self._board, kind[1], self._program)
            self._board.show(row)
        row.count += 1

    def _tell_brief(self) -> None:
        for kind in [kind for kind in self._brief if not self._flood.is_on(kind)]:
            self._brief.pop(kind).end()

    def _look_at(self, record: ThreadRecord, row: ThreadRow | None) -> None:
        thread = record.thread()
        if thread is None or _ended(record):
            del self._live[record]
            self._internal.pop(record, None)
            self._serving.discard(record)
            if row is not None:
                row.finish()
                self._flood.ended(_kind_of(record))
        elif row is not None:
            row.look(thread)

    def _make(self, record: ThreadRecord) -> ThreadRow | None:
        thread = record.thread()
        library = not is_work(record.creator) and not is_work(_code_of(thread))
        if record.earlier and thread is not None:
            library = library and is_machinery(thread)
        elif not library and not _is_users(record.creator) and not _is_users(_code_of(thread)):
            library = self._serves(thread)
            if library and not self._library:
                self._serving.add(record)
        if library and not self._library and not _users_object(thread):
            if thread is not None and not _is_of_a_pool(thread):
                self._internal[record] = _with_library(_name_of(record, thread), thread)
            return None
        row = ThreadRow(self._board, record, self._program, library=library)
        if thread is not None:
            row.thread_id = ident_of(thread)
        if not self._board.hurries:
            row.look_for_flag()
            if row.finding is not None:
                row.tell_means(())
        self._board.show(row)
        return row


def _users_object(thread: threading.Thread | None) -> str:
    """The class of what a library's thread is there for, if the program has made that class: it is no plumbing then.

    A server has such a thread for each client, and gives it the program's handler. That a server is the program's own
    says nothing of what a thread does for one client.
    """
    if thread is None:
        return ""
    fields = fields_of(thread)
    given, target = fields.get("_args"), fields.get("_target")
    owner = target.__self__ if type(target) is MethodType and target.__name__ not in _MACHINERY else None
    for value in (owner, *(given[:_LOOKED_AT] if type(given) is tuple else ())):
        kind = type(value)
        module = sys.modules.get(str(type.__getattribute__(kind, "__module__")))
        file = getattr(module, "__file__", None)
        if type(file) is str and is_users_file(file):
            return str(type.__getattribute__(kind, "__name__"))
    return ""


def _with_library(name: str, thread: threading.Thread) -> str:
    """Along with the package whose code it runs, where its name does not say so."""
    code = _code_of(thread)
    found = _PACKAGE.search(code.co_filename) if code is not None else None
    package = found[1] if found is not None else ""
    return f"{name} ({package})" if package and package not in name else name


#: The package of an installed file.
_PACKAGE: Final = re.compile(r"[/\\](?:site|dist)-packages[/\\](\w+)")
#: Of a thread's arguments, the first.
_LOOKED_AT: Final = 4


def _is_users(code: CodeType | None) -> bool:
    return code is not None and is_users_file(code.co_filename)


def _kind_of(record: ThreadRecord) -> tuple[Any, str]:
    """What many threads are alike in: who started them, and their name but for its numbers."""
    name = record.name
    if name.startswith("Thread-") and name.endswith(")"):  # as Python makes it up: "Thread-7 (fetch)"
        name = name.partition("(")[2][:-1]
    else:
        name = _NUMBERS.sub("…", name)
    return record.creator, name


_NUMBERS: Final = re.compile(r"\d+")


def is_machinery(thread: threading.Thread) -> bool:
    """Whether a thread that nobody saw start is one that libraries start for themselves, as far as its code tells.

    In doubt it is the user's: ``Thread(target=server.serve_forever)`` is, though the function is a library's.
    """
    for kind in type(thread).__mro__:
        if kind in (threading.Timer, threading.Thread):
            break
        return not is_own_file(str(getattr(sys.modules.get(kind.__module__), "__file__", "<string>")))
    target = fields_of(thread).get("function" if is_a(thread, threading.Timer) else "_target")
    name = getattr(code_of(target), "co_name", "")
    return name.startswith("_") or name in _MACHINERY


def _ended(record: ThreadRecord) -> bool:
    thread = record.thread()
    if thread is None:
        return True
    ident = ident_of(thread)
    if ident is not None and active_threads().get(ident) is thread:
        return False
    if not has_started(thread):
        # The system may have refused it.
        return thread not in threading._limbo and time.monotonic() - record.began > 1.0  # type: ignore[attr-defined]
    return True


def _code_of(thread: threading.Thread | None) -> Any:
    if thread is None:
        return None
    fields = fields_of(thread)
    if is_a(thread, threading.Timer):
        return code_of(fields.get("function"))
    target = fields.get("_target")
    if type(thread).run is not threading.Thread.run or target is None:
        return code_of(type(thread).run)
    return code_of(unwrap(target, tuple(fields.get("_args") or ()), fields.get("_kwargs") or {})[0])


#: Where the functions are that the threads of pools run: the pool itself is shown.
_POOLS: Final = (
    *(os.path.join("concurrent", "futures", name) for name in ("thread.py", "process.py")),
    *(os.path.join("multiprocessing", name) for name in ("pool.py", "queues.py")),
    os.path.join("loky", "process_executor.py"),
    os.path.join("loky", "backend", "queues.py"),
)


def _is_of_a_pool(thread: threading.Thread) -> bool:
    code = _code_of(thread)
    return code is not None and code.co_filename.endswith(_POOLS)


def _name_of(record: ThreadRecord, thread: threading.Thread | None) -> str:
    """Its name; where Python made that up, along with what it runs."""
    name = name_of_thread(thread) if thread is not None else record.name
    if not name.startswith("Thread-"):
        return name
    fields = fields_of(thread)
    target = fields.get("_target")
    if is_a(thread, threading.Timer):
        return f"{name} ({name_of(fields.get('function'))})"
    if thread is not None and type(thread) is not threading.Thread:
        return f"{name} ({type(thread).__name__})"
    return name if target is None or name.endswith(")") else f"{name} ({name_of(target)})"


def _has_fired(thread: threading.Thread) -> bool:
    """Whether a Timer is through with waiting, and was not cancelled."""
    frame = current_frames().get(ident_of(thread) or 0)
    inner = None
    while frame is not None and frame.f_code is not threading.Timer.run.__code__:
        inner, frame = frame, frame.f_back
    if frame is None or inner is None:
        return False
    return inner.f_code is not threading.Event.wait.__code__ and inner.f_code is not threading.Event.is_set.__code__
