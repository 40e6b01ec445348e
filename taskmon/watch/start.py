"""Putting the hooks in place, as the first thing that happens in the program. Whatever is slow to load waits."""

from __future__ import annotations

import atexit
import posix  # not `os`, which takes as long to load as all of this; and built in, so no file takes its place
import sys
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from taskmon.core.base import threads
from taskmon.watch.agent import Agent, Life
from taskmon.watch.hooks import raw_threads
from taskmon.watch.hooks.execs import ExecHook
from taskmon.watch.hooks.forks import Crowd, ForkWarning
from taskmon.watch.hooks.hooks import Hooks
from taskmon.watch.hooks.patching import report

if TYPE_CHECKING:
    from types import FrameType

    from taskmon.watch.hooks.children import ChildHook


class Watch:
    """What watches the program: one at a time.

    Args:
        words: what was asked for.
        library: where the modules of taskmon come from.
        began: when the program did, in seconds of `time.monotonic()`, if it runs already.
        hooks: what listens already, in a forked child; by default they are put in place.
    """

    def __init__(
        self, words: Mapping[str, str], library: Any, began: float | None = None, hooks: Hooks | None = None
    ) -> None:
        self._library = library
        raw_threads.stand_in_for(threads)
        self.attached = began is not None
        """Whether the program ran before; then it can be let go again."""
        self.hooks = hooks or Hooks()
        self._installs = hooks is None
        always, expected = "always" in words, "window" in words
        self._output = always or expected
        self.agent = Agent(
            words.get("name", "") or "python",
            self.hooks,
            library=bool(words.get("library")),
            always=always,
            expected=expected,
            run=words.get("run", ""),
            coming="coming" in words,
            began=began,
            before=Life.read(words),
            child="child" in words,
            part="part" in words,
            depth=int(words.get("depth", 0)),
        )

    def begin(self, adopt: Callable[[], object] | None = None) -> None:
        """Put the hooks in place; `adopt` what was there before; begin to look."""
        global current
        current = self
        if self._installs:
            self.hooks.install(output=self._output)
        if adopt is not None:
            adopt()
        atexit.register(self.finish)
        self.listen_to_forks()
        self.agent.start()

    def finish(self) -> None:
        """The program ends. In its main thread.

        What a signal raises here, such as a Ctrl-C, finds nothing of the program's to interrupt: Python would only
        print a traceback of ours, and a window would not hear how it ended.
        """
        by = time.monotonic() + threads.GOODBYE
        for step in (lambda: self.agent.finish(by), self._leave_line, self._see_threads_off):
            error = threads.carry_through(step, by)
            if error is not None:
                report(error)

    def _see_threads_off(self) -> None:
        stacks = self._library.loaded("taskmon.core.stacks.sampler")
        if stacks is not None:
            stacks.sampler.rest()
        raw_threads.wait_until_ended(_LAST_STEPS)

    def end(self, timeout: float) -> bool:
        """Let go of the program. Returns whether no thread of ours is left but the calling one."""
        global current
        atexit.unregister(self.finish)
        self._leave_line()
        done = self.agent.leave(timeout)
        for name in _KEEPERS:
            keeper = self._library.loaded(name)
            if keeper is not None:
                keeper.forget()
        fork_warning.remove()
        current = None
        return done

    def _leave_line(self) -> None:
        sentinels = self._library.loaded("taskmon.watch.flags.sentinels")
        if sentinels is not None:
            sentinels.leave_line()

    @property
    def execs(self) -> bool:
        """Whether a fork in this thread is only on its way to an ``exec``."""
        children = self.hooks.children
        return children is not None and children.is_about_to_exec()

    def listen_to_forks(self) -> None:
        """Once and for all: there is no way to stop listening."""
        global _listens_to_forks
        if not _listens_to_forks:
            _listens_to_forks = True
            posix.register_at_fork(after_in_child=self._library.begin_anew_after_fork)
            posix.register_at_fork(before=_before_fork, after_in_child=_forked)


#: Seconds that threads of ours which have nothing to do any more may take to leave the interpreter.
_LAST_STEPS: Final = 0.05
#: Which modules keep code of the program.
_KEEPERS: Final = ("taskmon.watch.forgetting", "taskmon.core.stacks.calls", "taskmon.core.stacks.locks")
current: Watch | None = None
"""What watches the program, if something does."""
fork_warning: Final = ForkWarning()
_listens_to_forks = False
_heritage: Heritage | None = None


class Heritage:
    """What the processes that the program starts are given, so that they are watched as it is.

    Args:
        options: what the program was told itself.
        library: where the modules of taskmon come from.
    """

    def __init__(self, options: str, library: Any) -> None:
        self._library = library
        lines = options.split("\n")
        self._options = [line for line in lines if line.partition("=")[0] in _INHERITED]
        self.crowd = Crowd()

    def hand_on(self, watched: Watch) -> None:
        """Give it to whatever is started from now on."""
        watched.hooks.watch_children(self._make_hook)

    def _make_hook(self) -> ChildHook:
        from taskmon.watch.hooks.children import ChildHook

        return ChildHook(self._library.entry, self._options, self.crowd)

    def begin_in_fork(self, hooks: Hooks | None, depth: int) -> None:
        """In a forked child: watch it, as a part of the program, with the `hooks` that are in place.

        It has so many calls from its parent.
        """
        self.crowd.forget()
        watch("\n".join(["name=", "child", "part", f"depth={depth}", *self._options]), self._library, hooks)


#: Of the options, what holds for children as well.
_INHERITED: Final = frozenset({"library", "no arguments", "window", "debug", "bundled"})


def _before_fork() -> None:
    if _heritage is not None:
        _heritage.crowd.note()
    if current is not None or raw_threads.count_in_kernel():
        fork_warning.before()
    else:
        fork_warning.remove()


def _forked() -> None:
    global current
    before, current = current, None
    heritage = _heritage if _heritage is not None and not _heritage.crowd.is_too_large else None
    if before is None and not _is_quiet:
        heritage = None  # nothing is watched here, so nor is what comes of it
    elif before is not None and before.execs:
        heritage = None
    if before is not None:
        atexit.unregister(before.finish)
        before.agent.forked(goes_on=heritage is not None)
    fork_warning.remove()
    if heritage is None:
        return
    try:
        heritage.begin_in_fork(before.hooks if before is not None else None, _depth(sys._getframe(1)))
    except Exception as error:
        report(error)


def _depth(frame: FrameType | None) -> int:
    """How many calls that is, with those around it."""
    count = 0
    while frame is not None:
        count, frame = count + 1, frame.f_back
    return count


_is_quiet = False
"""Whether nothing is watched here but what is forked."""


def watch(options: str, library: Any, hooks: Hooks | None = None) -> None:
    """Begin to watch.

    Args:
        options: what was asked for, in lines.
        library: where the modules of taskmon come from.
        hooks: what listens already, in a forked child.
    """
    global _heritage, _is_quiet
    words = dict(line.partition("=")[::2] for line in options.split("\n"))
    if "no arguments" in words:
        from taskmon.watch import ownership  # what it stands on costs more than all the rest

        ownership.tell_arguments = False
    watched = Watch({**words, "library": "yes" if "library" in words else ""}, library, hooks=hooks)
    lines = [line for line in options.split("\n") if not Life.has(line)]
    if hooks is not None:
        if hooks.execs is not None:
            hooks.execs.serve("\n".join(lines), watched.agent.about_to_exec)
        watched.begin()
        return
    _heritage = Heritage(options, library) if "no children" not in words else None
    _is_quiet = "quiet" in words and _heritage is not None
    if "quiet" in words:
        watched.listen_to_forks()
        return
    if "child" not in words and ("run" in words or "coming" in words or "always" in words):
        library.get_ready()  # a window is about to look
    execs = watched.hooks.execs = ExecHook(library.entry, "\n".join(lines), watched.agent.about_to_exec)
    watched.begin()
    execs.install()
    if _heritage is not None:
        _heritage.hand_on(watched)
