"""``taskmon dask``: a client of a Dask cluster whose tasks are shown in the window, as those of any program are.

It is a process of its own, because a client unpickles what its cluster sends: the window must not.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from typing import TYPE_CHECKING, Final

from taskmon.core.base.errors import TaskmonError, complain
from taskmon.core.base.text import count_of, plain
from taskmon.link.wire.channel import ChannelError, claim

if TYPE_CHECKING:
    from taskmon.cluster.view import ClusterView

#: Seconds that a scheduler gets to answer.
_PATIENCE: Final = 10
_LOOK: Final = 0.5


def show_cluster(address: str, *, everything: bool, window: bool, with_window: bool = False) -> int:
    """Show the tasks of a cluster until Ctrl-C or SIGTERM: status 0, or until the cluster has gone: 1.

    The connection has a row of its own, whose Cancel ends it as well; `with_window`, so does the end of the window.

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
        _claim(str(client.scheduler_info()["id"]))  # whatever it is called here
        if window:
            from taskmon.link.window_client import ensure_window

            ensure_window("Its tasks will be in the window as soon as one is open")
        return _show(client, stop, everything=everything, with_window=with_window)


def _show(client: object, stop: threading.Event, *, everything: bool, with_window: bool) -> int:
    from distributed import Client

    from taskmon.cluster.view import ClusterView
    from taskmon.link.program.publish import publish
    from taskmon.link.window_client import window_is_open

    assert isinstance(client, Client)
    view = ClusterView(client, everything=everything)
    publish(view, program=view.name)
    print(
        f"Connected to {view.name}. Its tasks are shown in the window. Ctrl-C leaves; the tasks go on.",
        flush=True,
    )
    why = "It is no longer looked at here: the connection was closed. The task goes on"
    silent_since = ""
    row = view.show_connection(stop.set)
    while not stop.wait(_LOOK) and (not with_window or window_is_open()):
        row.tell(_news(view))
        if client.status in ("closing", "closed"):
            row.end("The cluster has gone")
            view.close("The cluster has gone")
            complain(f"{view.name} has gone.")
            return 1
        if view.silent_since != silent_since:
            silent_since = view.silent_since
            complain(f"no contact since {silent_since}." if silent_since else "there is contact again.")
    row.end()
    view.close(why)
    return 0


def _claim(scheduler: str) -> None:
    """Raise TaskmonError if another process of this user shows that cluster: each of its tasks would be there twice."""
    try:
        claimed = claim(f"dask-{scheduler.rpartition('-')[2]}") is not None  # until this process ends
    except ChannelError:  # then there can be no window either, which is told
        return
    if not claimed:
        why = "this cluster is shown already. To show it anew, cancel the row of that connection first"
        raise TaskmonError("Not connected", f"{why}.")


def _news(view: ClusterView) -> str:
    if view.silent_since:
        return f"No contact since {view.silent_since}"
    told = f"{count_of(view.workers, 'workers')}, {count_of(view.count, 'tasks')} to do"
    return told + ("" if view.shows_all else ", not all of them shown")


def _check(address: str) -> None:
    """Raise ValueError for what would leave a client half made, and OSError where nobody listens.

    A client would try again and again for as long as it is let.
    """
    from distributed.comm import parse_address, parse_host_port, resolve_address
    from distributed.security import Security

    try:
        protocol, where = parse_address(resolve_address(address))
    except ValueError as error:
        raise ValueError(f"{str(error).rstrip('.')}; an address is such as tcp://127.0.0.1:8786") from None
    if protocol in ("tls", "wss") and Security().get_connection_args("client")["ssl_context"] is None:
        raise ValueError("TLS needs Dask's own settings, distributed.comm.tls, for the certificates")
    if protocol in ("tcp", "tls"):
        socket.create_connection(parse_host_port(where), _PATIENCE).close()
