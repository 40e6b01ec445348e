"""Putting the hooks in place, as the first thing that happens in the program. Whatever is slow to load waits."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Mapping
from typing import Any, Final

from taskmon.core.base import threads
from taskmon.watch.agent import Agent, Life
from taskmon.watch.hooks import raw_threads
from taskmon.watch.hooks.execs import ExecHook
from taskmon.watch.hooks.forks import ForkWarning
from taskmon.watch.hooks.hooks import Hooks


class Watch:
    """What watches the program: one at a time.

    Args:
        words: what was asked for.
        library: where the modules of taskmon come from.
        began: when the program did, in seconds of `time.monotonic()`, if it runs already.
    """

    def __init__(self, words: Mapping[str, str], library: Any, began: float | None = None) -> None:
        self._library = library
        raw_threads.stand_in_for(threads)
        self.attached = began is not None
        """Whether the program ran before; then it can be let go again."""
        self.hooks = Hooks()
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
        )

    def begin(self, adopt: Callable[[], object] | None = None) -> None:
        """Put the hooks in place; `adopt` what was there before; begin to look."""
        global current
        current = self
        self.hooks.install(output=self._output)
        if adopt is not None:
            adopt()
        atexit.register(self.agent.finish)
        self._listen_to_forks()
        self.agent.start()

    def end(self, timeout: float) -> bool:
        """Let go of the program. Returns whether no thread of ours is left but the calling one."""
        global current
        atexit.unregister(self.agent.finish)
        done = self.agent.leave(timeout)
        source = self._library.loaded("taskmon.watch.flags.source")
        if source is not None:
            source.stop_reading()
        _fork_warning.remove()
        current = None
        return done

    def _listen_to_forks(self) -> None:
        """Once and for all: there is no way to stop listening."""
        global _listens_to_forks
        if not _listens_to_forks and hasattr(os, "register_at_fork"):
            _listens_to_forks = True
            os.register_at_fork(after_in_child=self._library.begin_anew_after_fork)
            os.register_at_fork(before=_before_fork, after_in_child=_forked)


current: Watch | None = None
"""What watches the program, if something does."""
_fork_warning: Final = ForkWarning()
_listens_to_forks = False


def _before_fork() -> None:
    if current is not None:
        _fork_warning.before()


def _forked() -> None:
    global current
    if current is not None:
        current.agent.forked()
        current = None
    _fork_warning.remove()


def watch(options: str, library: Any) -> None:
    """Begin to watch. `options` are lines; `library` is where the modules of taskmon come from."""
    words = dict(line.partition("=")[::2] for line in options.split("\n"))
    if "no arguments" in words:
        from taskmon.watch import ownership  # what it stands on costs more than all the rest

        ownership.tell_arguments = False
    watched = Watch({**words, "library": "yes" if "library" in words else ""}, library)
    lines = [line for line in options.split("\n") if not Life.has(line)]
    execs = watched.hooks.execs = ExecHook(library.entry, "\n".join(lines), watched.agent.about_to_exec)
    watched.begin()
    execs.install()
