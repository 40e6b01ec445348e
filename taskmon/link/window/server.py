"""The window's end: one thread that lets programs and command lines in, and hears them.

Whoever is slow, silent, mad or dead harms their own connection. No thread of the window ever waits for this one. What
happens in it stands in `taskmon.link.window.serving`, which is loaded there, and asyncio with it.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from taskmon.core.base.threads import spawn
from taskmon.link.window.server_connection import MakeControl, ServerConnection

if TYPE_CHECKING:
    from taskmon.link.window.remote_source import RemoteSource
    from taskmon.link.window.serving import Serving
    from taskmon.link.wire.channel import Claim


class LinkServer:
    """Listens until it is closed. `start` and `close` from one thread, the rest from any.

    Args:
        claim: the right to be the window; it is closed with the server.
        source: gets the tasks of the programs that come.
        control: makes the role of a command line; None if there is none.
        on_problem: called with why programs cannot be shown, a part of a sentence; in the server's thread.
    """

    def __init__(
        self,
        claim: Claim,
        source: RemoteSource,
        control: MakeControl | None = None,
        on_problem: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._claim = claim
        self._source = source
        self._control = control
        self._on_problem = on_problem
        self._lock = threading.Lock()
        self._serving: Serving | None = None
        self._closing = False
        self._ended = threading.Event()
        self._started = False
        self.problem = ""
        """Why programs cannot be shown; empty if they can."""

    def start(self) -> None:
        """Begin, in a thread of the server's own."""
        self._started = True
        spawn(self._work, "taskmon-link-server", self._cannot_work)

    def close(self, timeout: float = 1.0) -> None:
        """End all connections. Waits at most `timeout` seconds for the thread. Idempotent."""
        with self._lock:
            self._closing = True
            serving = self._serving
        if serving is not None:
            serving.call_soon(serving.stop)
        if self._started:
            self._ended.wait(timeout)
        self._claim.close()

    def forget(self, ids: Collection[int]) -> None:
        """Ended tasks with these numbers are no longer shown."""
        with self._lock:
            serving = self._serving
        if serving is not None:
            serving.call_soon(lambda: serving.forget(ids))

    @property
    def connections(self) -> tuple[ServerConnection, ...]:
        with self._lock:
            return tuple(self._serving.connections) if self._serving is not None else ()

    def _cannot_work(self, error: BaseException) -> None:
        self._note(f"there is no thread for them: {error}")
        self._ended.set()

    def _note(self, problem: str) -> None:
        if problem != self.problem:  # a place that cannot be had is tried again and again
            self.problem = problem
            if problem:
                self._on_problem(problem)

    def _work(self) -> None:
        try:
            import asyncio

            asyncio.run(self._serve())
        except Exception as error:  # a bug: the window goes on without other programs, and says so
            self._note(f"the link to them has failed: {error}")
            import logging

            logging.getLogger("taskmon.link").error("The link to other programs has failed", exc_info=error)
        finally:
            with self._lock:
                self._serving = None
            with contextlib.suppress(Exception):
                self._claim.close()
            self._ended.set()

    async def _serve(self) -> None:
        from taskmon.link.window.serving import Serving

        serving = Serving(self._claim, self._source, self._control, self._note)
        with self._lock:
            if self._closing:
                return
            self._serving = serving
        await serving.run()
