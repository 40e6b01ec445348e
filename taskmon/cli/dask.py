"""``taskmon dask``: a client of a Dask cluster whose tasks are shown in the window, as those of any program are.

It is a process of its own, because a client unpickles what its cluster sends: the window must not.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import Final

from taskmon.core.base.errors import TaskmonError, complain
from taskmon.core.base.text import plain

#: Seconds that a scheduler gets to answer.
_PATIENCE: Final = 10
_LOOK: Final = 0.5


def show_cluster(address: str, *, everything: bool, window: bool) -> int:
    """Show the tasks of a cluster until Ctrl-C or SIGTERM: status 0, or until the cluster has gone: 1.

    Raises:
        TaskmonError: there is no Dask here, or no scheduler at `address`.
    """
    try:
        import distributed
    except ModuleNotFoundError as error:
        if error.name != "distributed":
            raise
        raise TaskmonError(
            "Cannot connect", "this needs Dask. Install it with: pip install 'taskmon-desktop[dask]'."
        ) from None
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        _check(address)
        client = distributed.Client(address, set_as_default=False, timeout=_PATIENCE)
    except (OSError, ValueError, RuntimeError) as error:
        reason = f"no scheduler answers at {plain(address)}" if isinstance(error, OSError) else plain(str(error))
        raise TaskmonError("Cannot connect", f"{reason}.") from None
    with contextlib.closing(client):
        if window:
            _open_window()
        return _show(client, stop, everything=everything)


def _show(client: object, stop: threading.Event, *, everything: bool) -> int:
    from distributed import Client

    from taskmon.cluster.view import MOST_TASKS, ClusterView
    from taskmon.link.program.publish import publish

    assert isinstance(client, Client)
    view = ClusterView(client, everything=everything)
    publish(view, program=view.name)
    workers = len(client.nthreads())
    print(
        f"Connected to {view.name}: {workers} worker{'' if workers == 1 else 's'}."
        " Its tasks are shown in the window. Ctrl-C leaves; the tasks go on.",
        flush=True,
    )
    told, silent_since = False, ""
    while not stop.wait(_LOOK):
        if client.status in ("closing", "closed"):
            view.close("The cluster has gone")
            complain(f"{view.name} has gone.")
            return 1
        if view.silent_since != silent_since:
            silent_since = view.silent_since
            complain(
                f"no contact with {view.name} since {silent_since}." if silent_since else "there is contact again."
            )
        if everything and view.count > MOST_TASKS and not told:
            told = True
            print(f"It has {view.count} tasks to do, of which {MOST_TASKS} are shown.", flush=True)
    view.close("It is no longer looked at here: taskmon dask was ended. The task goes on")
    return 0


def _check(address: str) -> None:
    """Raise ValueError for what would leave a client half made."""
    from distributed.comm import parse_address, resolve_address
    from distributed.security import Security

    resolve_address(address)
    encrypted = parse_address(address)[0] in ("tls", "wss")
    if encrypted and Security().get_connection_args("client")["ssl_context"] is None:
        raise ValueError("TLS needs Dask's own settings, distributed.comm.tls, for the certificates")


def _open_window() -> None:
    from taskmon.link.window_client import open_window, window_is_open

    problem = "" if window_is_open() else open_window()
    if problem:
        complain(problem)
