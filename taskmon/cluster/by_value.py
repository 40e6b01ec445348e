"""Functions that run within the scheduler, for `Client.run_on_scheduler`, or in a worker's loop, for `Client.run`.

Neither need have taskmon, so they are sent by value: they use nothing but builtins and what Dask documents of its
schedulers and workers, and return plain values.
"""

from __future__ import annotations

import sys
from typing import Any

import cloudpickle


def withdraw(keys: list[str], marked: dict[str, str], client: str, dask_scheduler: Any) -> dict[str, tuple[str, str]]:
    """Take back tasks of `client` that cannot begin any more; say of each key what it found.

    What is on no worker has not begun, nor has what is on the worker that has promised not to begin it (`marked`). This
    thread is the one that would send it to another, so nothing can come in between.

    Returns:
        ``("withdrawn", "")``, ``("on", address)`` of a worker that must be asked first, ``("ended", "")``, or
        ``("unknown", "")``: not here yet, or not any more.
    """
    found = {}
    back = []
    for key in keys:
        state = dask_scheduler.tasks.get(key)
        if state is None:
            found[key] = "unknown", ""
        elif state.state in ("memory", "erred"):
            found[key] = "ended", ""
        elif state.processing_on is not None and marked.get(key) != state.processing_on.address:
            found[key] = "on", state.processing_on.address
        else:
            found[key] = "withdrawn", ""
            back.append(key)
    if back:
        dask_scheduler.client_releases_keys(keys=back, client=client)
    return found


def mark(topic: str, messages: list[dict[str, Any]], dask_worker: Any) -> list[bool]:
    """On a worker: stop tasks that may not have begun, see `taskmon.cluster.agent`. Return for each whether it had.

    A worker without taskmon cannot begin them.
    """
    try:
        from taskmon.cluster.agent import hear
    except ModuleNotFoundError:
        return [False] * len(messages)
    return hear(topic, "", messages, dask_worker) or [False] * len(messages)


def workers_of_failure(key: str, dask_scheduler: Any) -> list[tuple[str, str]]:
    """Return name and host of the workers that a failed task has failed on."""
    state = dask_scheduler.tasks.get(key)
    found = []
    for worker in (state.erred_on or ()) if state is not None else ():
        address = getattr(worker, "address", worker)
        known = dask_scheduler.workers.get(address)
        found.append((str(known.name), known.host) if known is not None else (str(address), ""))
    return found


def clear_topic(topic: str, dask_scheduler: Any) -> None:
    """Forget the messages of a topic that nobody will listen to again: Dask keeps the last thousand for good."""
    broker = getattr(dask_scheduler, "_broker", None)
    if broker is not None:
        broker.truncate(topic)


cloudpickle.register_pickle_by_value(sys.modules[__name__])
