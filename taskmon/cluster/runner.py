"""Runs functions on a cluster of Dask as a `taskmon.TaskRunner` runs them in threads: with the same context."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Any, Final, NoReturn

from distributed import Client

from taskmon.cluster.engine import ClusterEngine
from taskmon.cluster.task import ClusterTask, Work
from taskmon.core.base.numbers import timeout_seconds
from taskmon.core.base.text import to_text
from taskmon.core.run.execute import check_function
from taskmon.core.stop import Dispatch, StopKind
from taskmon.core.task.events import Sink
from taskmon.core.task.state import TaskState
from taskmon.core.task.task import name_of
from taskmon.link.program.publish import is_published
from taskmon.link.wire.meeting import place

#: What `Client.submit` may be told of a task.
_OPTIONS: Final = frozenset({"allow_other_workers", "fifo_timeout", "priority", "resources", "retries", "workers"})


class ClusterRunner(Executor):
    """Runs functions on the workers of a Dask cluster::

        client = dask.distributed.Client("tcp://scheduler:8786")
        with ClusterRunner(client) as runner:
            task = runner.start(simulate, parameters, name="Simulate")
            task.cancel()                        # asks it to stop, wherever it runs

    The function is the same as for `taskmon.TaskRunner.start`: it gets a `TaskContext` whose checkpoints, progress,
    log, subtasks and stop work on the worker, and cost what they cost in a thread. Dask decides where and when it
    runs. A task whose worker is lost is started again by Dask, on another; one whose client is closed or loses its
    scheduler is given up by Dask, and asked to stop.

    All methods may be called from any thread, and of them only `shutdown` and `wait_idle` wait. The workers need Dask
    and taskmon, the function and what it needs; see the README.

    Args:
        client: a connected client, which is the caller's to close. Not an asynchronous one.

    Raises:
        ValueError: if the client is asynchronous, or not connected.
    """

    def __init__(self, client: Client) -> None:
        if client.asynchronous:
            raise ValueError("a ClusterRunner needs a client that is not asynchronous")
        if client.status != "running":
            raise ValueError(f"the client is not connected to a scheduler: it is {client.status}")
        self._engine = ClusterEngine(client)
        self._place = place()

    @property
    def name(self) -> str:
        """What the cluster is called in a window."""
        return self._engine.name

    @property
    def _shown_at(self) -> str:
        return self._place if is_published(self) else ""

    # -- work ---------------------------------------------------------------------------------------------------

    def start(
        self,
        fn: Callable[..., Any],
        /,
        *args: Any,
        name: str | None = None,
        group: str = "",
        timeout: float | None = None,
        paused: bool = False,
        dask: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> ClusterTask:
        """Run ``fn(ctx, *args, **kwargs)`` on a worker; `ctx` is its `TaskContext`.

        Among the arguments, futures of Dask are replaced by their results, as with `Client.submit`. What cannot be sent
        to the cluster fails the task; nothing is raised here.

        Args:
            fn: the function.
            *args: its arguments after the context.
            name: what the user sees; by default the function's name.
            group: what the task belongs to.
            timeout: seconds of running after which the task is asked to stop.
            paused: hold the task here until `ClusterTask.resume` is called.
            dask: what Dask should know: ``resources``, ``workers``, ``priority``, ``retries``, … of `Client.submit`.
            **kwargs: its keyword arguments. For a function whose own are called as those above, use
                `functools.partial`.

        Raises:
            RuntimeError: after `shutdown`, or once the client is closed.
            TypeError: if calling `fn` would only make a generator or a coroutine, `timeout` is no number, or `dask` has
                something that Dask does not know, or that is decided here.
            ValueError: if `timeout` is negative or not a number.
        """
        check_function(fn)
        for option in dask or ():
            if option not in _OPTIONS:
                raise TypeError(f"there is no {option!r} for Dask to know; there are {', '.join(sorted(_OPTIONS))}")
        options = dict(dask or {})
        if isinstance(options.get("workers"), tuple):
            options["workers"] = list(options["workers"])
        limit = None if timeout is None else timeout_seconds(timeout)
        shown = to_text(name if name is not None else name_of(fn))
        return self._engine.start(
            Work(fn, args, kwargs, shown, to_text(group), limit, True, options, self._shown_at), held=paused
        )

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> ClusterTask:
        """Run ``fn(*args, **kwargs)`` on a worker, as every Executor does; `taskmon.current_task` finds its context.

        Raises:
            RuntimeError: after `shutdown`, or once the client is closed.
            TypeError: if calling `fn` would only make a generator or a coroutine.
        """
        check_function(fn)
        return self._engine.start(Work(fn, args, kwargs, name_of(fn), "", None, False, {}, self._shown_at))

    # -- asking -------------------------------------------------------------------------------------------------

    def cancel_all(
        self,
        *,
        group: str | None = None,
        reason: str = "",
        by: str = "",
        kind: StopKind = StopKind.REQUEST,
        dispatch: Dispatch | None = None,
    ) -> int:
        """Ask all live tasks, or those of `group`, to stop; return how many had not been asked before."""
        return sum(
            task.cancel(reason, by=by, kind=kind, dispatch=dispatch)
            for task in reversed(self.tasks())
            if group is None or task.group == group
        )

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False, timeout: float | None = None) -> bool:  # type: ignore[override]
        """Take no more tasks, and stop listening once they have ended. The client stays open.

        Args:
            wait: wait for the tasks. Without it, they go on, and are followed until they have ended.
            cancel_futures: cancel those that have not begun, as far as is known here.
            timeout: wait at most so many seconds.

        Returns:
            whether all have ended.
        """
        self._engine.close()
        for task in self.tasks():
            if task.state is TaskState.HELD or (cancel_futures and task.state is TaskState.QUEUED):
                task.cancel(kind=StopKind.SHUTDOWN)
        return self.wait_idle(timeout if wait else 0)

    def wait_idle(self, timeout: float | None = None) -> bool:
        """Wait until every task has ended, at most `timeout` seconds; return whether they have."""
        return self._engine.wait_idle(timeout)

    # -- looking ------------------------------------------------------------------------------------------------

    def attach(self, sink: Sink) -> list[Any]:
        """Call `sink` for all that happens from now on, and return the tasks that have not ended. See `TaskSource`."""
        return self._engine.source.attach(sink)

    def detach(self, sink: Sink) -> None:
        """Stop calling `sink`."""
        self._engine.source.detach(sink)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a ClusterRunner cannot be sent; a task can make one of distributed.get_client()")

    def tasks(self) -> list[ClusterTask]:
        """The tasks that have not ended; their subtasks are known to a `TaskSource`'s listeners alone."""
        return self._engine.live_tasks()
