"""The one thread of ours in the program: it looks at what the hooks have noted, and does what was asked for.

It looks only while somebody watches, a few times a second, and the less often the longer a look takes. The rest of the
time it sleeps, and the program's ``threading`` does not know of it.
"""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from sys import getprofile, gettrace, setprofile, settrace  # the program may replace them
from typing import TYPE_CHECKING, Final

from taskmon.core.base.threads import GOODBYE, can_spare_descriptors
from taskmon.watch.hooks.patching import report
from taskmon.watch.hooks.raw_threads import forget, spawn, wait_until_ended
from taskmon.watch.own_threading import Event

if TYPE_CHECKING:
    from taskmon.link.program.publisher import Publisher
    from taskmon.watch.hooks.hooks import Hooks
    from taskmon.watch.looking import Looking
    from taskmon.watch.rows.watched_task import Board

#: Seconds between two looks while something happens, and while nothing does.
BRISK: Final = 0.1
CALM: Final = 0.25
#: A look may take this share of the time.
_SHARE: Final = 0.01
#: A child of a watched program is looked at so much less often.
_CHILDS_PATIENCE: Final = 4
#: Turns that may fail, one after the other, before the program is watched no more.
_PATIENCE: Final = 20
_GIVEN_UP: Final = "It is not watched any more"
#: Seconds that the program has to itself at its start. Whatever is brief needs no watching.
_HEAD_START: Final = 0.05
#: Seconds within which a window that is on its way has come: until then, what is printed is kept for it.
_MAY_COME: Final = 15.0
#: Seconds between two looks for a window, while one is on its way and otherwise.
_LOOK_SOON: Final = 0.1
_LOOK_PERIOD: Final = 1.0
#: Seconds for which a part of a program may take to be told its name.
_NAMED_WITHIN: Final = 3.0


class Life:
    """What a program that replaced itself was, so that it goes on as the same."""

    _NAMES: Final = ("row", "ids", "lines", "began")

    def __init__(self, row: int, ids: int, lines: int, began: float) -> None:
        self.row = row
        """The number of its own row."""
        self.ids = ids
        """Numbers below have been given."""
        self.lines = lines
        """How many lines it has printed."""
        self.began = began
        """When it did, in seconds of `time.monotonic()`."""

    @classmethod
    def read(cls, words: Mapping[str, str]) -> Life | None:
        """Return what the options tell of it; None if this is its first life."""
        try:
            return cls(int(words["row"]), int(words["ids"]), int(words["lines"]), float(words["began"]))
        except (KeyError, ValueError):
            return None

    @classmethod
    def has(cls, line: str) -> bool:
        """Whether an option is one of these."""
        return line.partition("=")[0] in cls._NAMES

    def options(self) -> list[str]:
        return [f"{name}={getattr(self, name)}" for name in self._NAMES]


class Agent:
    """Runs from the start of the program to its end."""

    def __init__(
        self,
        name: str,
        hooks: Hooks,
        *,
        library: bool,
        always: bool = False,
        expected: bool = False,
        run: str = "",
        coming: bool = False,
        began: float | None = None,
        before: Life | None = None,
        child: bool = False,
        part: bool = False,
        depth: int = 0,
    ) -> None:
        """Watch for whoever asks.

        Args:
            name: what the program is called.
            hooks: what listens in it.
            library: whether the threads of libraries are shown as well.
            always: watch from the first moment and for nobody, as a test of all this needs.
            expected: whether somebody may look, so that what is printed is worth keeping.
            run: what the open window knows this run by; empty if it does not.
            coming: whether a window has just been started.
            began: when the program did, in seconds of `time.monotonic()`, if it runs already; by default now.
            before: what it was, if it replaced itself.
            child: whether a watched program has started it: of those there may be many, so each takes less.
            part: whether it is a part of that program, such as a worker of its pool, rather than another.
            depth: how many calls it has from its parent, if that has forked it.
        """
        self._patience = 1 if not child else _CHILDS_PATIENCE
        self._part = part
        self._depth = depth
        self._run = run
        self._awaited = bool(run) or coming  # so the end may wait a little for who is to hear of it
        self._coming = coming
        self._name = name
        self._is_new = before is None and began is None
        self._attached = began is not None
        if before is not None:
            began = before.began
        self._began = began if began is not None else time.monotonic()
        self._hooks = hooks
        self._library = library
        self._always = always
        self._before = before
        self._expected_until = time.monotonic() + _MAY_COME if expected else 0.0
        self._wake = Event()
        self._ended = Event()
        self._ending = self._leaving = False
        self._refusal: BaseException | None = None
        self._queue: deque[Callable[[], object]] = deque()
        self._looking: Looking | None = None
        self._took = deque((0.0, 0.0), 2)
        """Seconds of a processor that the looks before have taken."""
        self._publisher: Publisher | None = None

    def start(self) -> None:
        """Begin, in a thread that ``threading`` does not know."""
        if self._always:
            self._prepare()
            self._start_publisher()
        spawn(self._work, "", self._be_refused)

    def _be_refused(self, error: BaseException) -> None:
        """The system gives no thread: the program runs by itself, and its end is told in its main thread."""
        self._refusal = error
        self._ended.set()

    def call_soon(self, function: Callable[[], object]) -> None:
        """Have a function called in the agent's thread. Any thread."""
        self._queue.append(function)
        self._wake.set()

    def finish(self, by: float) -> None:
        """The program ends: say goodbye, until the moment `by` at the latest. In its main thread.

        If this is cut short, it may be called again.
        """
        try:
            self._say_goodbye(by)
        except Exception as error:
            report(error)
        finally:
            self._hooks.output.uninstall()

    @property
    def _is_heard(self) -> bool:
        """Whether a window hears of it, or is to: one that never answers must not hold up every child."""
        board = self.board
        return self._awaited or (board is not None and board.watched)

    def _say_goodbye(self, by: float) -> None:
        heard = self._is_heard
        if heard:
            for stream in (sys.stdout, sys.stderr):
                try:
                    stream.flush()  # what it does next anyway; now it can still be told
                except Exception:  # Python will meet that error itself
                    continue
        self._ending = True
        self._wake.set()
        if not heard:
            return
        if self._refusal is not None:
            if self._looking is None:  # else it has been cut short while it told
                self._tell_at_the_end()
            return
        self._ended.wait(max(0.0, by - time.monotonic()))
        if self._publisher is not None:
            self._publisher.close(0.05)

    def leave(self, timeout: float) -> bool:
        """Watch no more, and tell the window that the program goes on. In a thread of ours, but not in the agent's.

        Returns whether no thread of ours is left but the calling one.
        """
        from taskmon.core.stacks.sampler import sampler

        end = time.monotonic() + timeout
        self._leaving = self._ending = True
        self._wake.set()
        self._ended.wait(timeout)
        if self._looking is not None:
            self._looking.let_go()
        if self._publisher is not None:
            self._publisher.close(max(0.05, end - time.monotonic()))
        self._hooks.undo()
        sampler.rest()
        return wait_until_ended(end - time.monotonic())

    def about_to_exec(self, path: str, watched: bool) -> list[str]:
        """The program is about to become something else, which will be `watched` or not. In the thread that does it."""
        looking, publisher = self._looking, self._publisher
        if looking is None or publisher is None or not looking.board.watched:
            return []
        looked = Event()

        def look() -> None:
            looking.look()
            looking.program.look(all_of_it=True)
            looked.set()

        end = time.monotonic() + GOODBYE
        self.call_soon(look)
        looked.wait(GOODBYE / 2)
        publisher.tell_replaced("" if watched else os.path.basename(path), max(0.05, end - time.monotonic()))
        from taskmon.core.task.snapshot import new_task_id

        row = looking.program
        return [f"run={publisher.run}", *Life(row.id, new_task_id(), row.lines, row.began).options()]

    def forked(self, *, goes_on: bool = False) -> None:
        """In a forked child: no thread of ours is here, and the window knows its parent.

        If it `goes_on` being watched, by another agent, the hooks stay in place.
        """
        self._ending = True
        self._ended = Event()
        self._ended.set()
        self._looking = None
        forget()
        if goes_on:
            self._hooks.forked()
        else:
            self._hooks.undo()

    @property
    def board(self) -> Board | None:
        """Where the tasks are, once there is such a place."""
        return self._looking.board if self._looking is not None else None

    def _work(self) -> None:
        try:
            if not self._always:
                if self._is_new:
                    self._wake.wait(_HEAD_START)
                if not self._ending:
                    self._wait_for_a_window()
                if self._ending:
                    self._tell_at_the_end()
                    return
                if self._part:
                    self._wait_for_a_name()
                self._prepare()
                self._start_publisher()
            self._look_until_the_end()
        except BaseException as error:
            self._give_up(error)
        finally:
            self._ended.set()

    def _give_up(self, error: BaseException) -> None:
        """Watch no more, and say so: the program goes on, but its rows do not."""
        if self._looking is not None:
            self._looking.program.tell_trouble(_GIVEN_UP, error)
            self._looking.let_go()
        self._hooks.undo()

    def _tell_at_the_end(self) -> None:
        """It was brief: what it printed and how it ended is told in one go, where there is somebody to hear it."""
        if not self._awaited or not can_spare_descriptors():
            return
        self._prepare()
        looking, publisher = self._looking, self._publisher
        assert looking is not None
        assert publisher is not None
        if self._refusal is not None:
            looking.program.tell_trouble("It was not watched: taskmon was given no thread in it", self._refusal)
        publisher.close(GOODBYE, looking.finish, coming=self._coming)

    def _wait_for_a_window(self) -> None:
        while not self._ending and not can_spare_descriptors():
            self._hooks.rest()
            self._wake.wait(_LOOK_PERIOD)
        if self._ending:
            return
        # What is needed to be seen is loaded only then: all of it is on the time of the program.
        from taskmon.link.wire.meeting import address, somebody_listens

        path = address()
        while not self._ending and not somebody_listens(path):
            expected = time.monotonic() < self._expected_until
            if not expected:
                self._hooks.rest()
            self._wake.wait(_LOOK_SOON if expected else _LOOK_PERIOD)

    def _wait_for_a_name(self) -> None:
        """What has begun anew is told its name by its parent, soon."""
        from taskmon.watch.rows.children import is_named

        end = time.monotonic() + _NAMED_WITHIN
        while not self._ending and not is_named() and time.monotonic() < end:
            self._wake.wait(_LOOK_SOON)

    def _prepare(self) -> None:
        from taskmon.core.task.snapshot import number_tasks_from
        from taskmon.link.program.publisher import Publisher
        from taskmon.watch.looking import Looking
        from taskmon.watch.rows.watched_task import Board

        before = self._before
        if before is not None:
            number_tasks_from(before.row)  # its row is the first, and the same
        if self._part:
            from taskmon.watch.rows.children import name_of_part

            self._name = name_of_part()
        board = Board(self._name, os.getpid(), self.call_soon)
        board.obey = self._obey
        self._looking = Looking(
            board, self._hooks, library=self._library, began=self._began, attached=self._attached, part=self._part,
            depth=self._depth,
        )  # fmt: skip
        if before is not None:
            self._looking.program.go_on_after(before.lines)
            number_tasks_from(before.ids)
        if self._always:
            board.attach(_ignore)
        self._publisher = Publisher(board, program=self._name, run=self._run, on_look=board.look_every)

    def _start_publisher(self) -> None:
        assert self._publisher is not None
        self._publisher.start()

    def _obey(self) -> None:
        while self._queue:
            _guarded(self._queue.popleft())

    def _look_until_the_end(self) -> None:
        looking = self._looking
        assert looking is not None
        pause: float | None = 0.0
        failed = 0
        while not self._ending:
            try:
                self._wake.wait(pause)
                self._wake.clear()
                pause = self._turn(looking)
                failed = 0
            except BaseException as error:  # of the program's: what it has put in place may be called in any thread
                failed += 1
                if failed >= _PATIENCE:
                    raise
                report(error)
                pause = CALM
        if self._leaving:
            return
        if self._is_heard and self._publisher is not None:
            self._publisher.close(GOODBYE, looking.finish, coming=self._coming)

    def _turn(self, looking: Looking) -> float | None:
        """Do what is asked for, look if somebody watches; return the seconds until the next turn, None for no limit."""
        _be_left_out()
        self._obey()
        if not looking.board.watched:
            left = self._expected_until - time.monotonic()
            looking.rest(somebody_may_come=left > 0)
            return left if left > 0 else None
        self._expected_until = 0.0
        began = time.thread_time()
        busy = looking.look()
        took = time.thread_time() - began - looking.board.spent_once
        # Two long looks, such as the first, which load what they need, say nothing of the next.
        share = _SHARE if looking.board.facts_period < 1.0 else _SHARE / 2  # nobody looks closely
        pause = max(BRISK if busy else CALM, min(took, *self._took) / share) * self._patience
        self._took.append(took)
        return pause


def _be_left_out() -> None:
    """What measures or traces all threads means the program's, and this one is not among them."""
    if getprofile() is not None or gettrace() is not None or "_yappi" in sys.modules:  # which hides in C
        setprofile(None)
        settrace(None)


def _guarded(function: Callable[[], object]) -> None:
    try:
        function()
    except Exception as error:  # what is asked of one task must not end the others' agent
        report(error)


def _ignore(event: object) -> None:
    del event
