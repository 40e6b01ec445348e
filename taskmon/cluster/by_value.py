"""Functions that run within the scheduler, for `Client.run_on_scheduler`, or in a worker's loop, for `Client.run`.

Neither need have taskmon, so they are sent by value: they use nothing but builtins and what Dask documents of its
schedulers and workers, and return plain values.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final

import cloudpickle

#: Why a future of Dask was cancelled, if it was certain that it had not begun; and the topic on which word of that is
#: left for those who look at the cluster.
WITHDRAWN: Final = "taskmon-withdrawn"


def withdraw(
    asked: dict[str, list[str]], marked: dict[str, str], client: str, others: bool, dask_scheduler: Any
) -> dict[str, tuple[str, str]]:
    """Take back tasks of `client`, or those of all `others`, that cannot begin any more; say of each what was found.

    What is on no worker has not begun, nor has what is on the worker that has promised not to begin it (`marked`). This
    thread is the one that would send it to another, so nothing can come in between.

    Args:
        asked: keys of tasks, by why they are taken back. Word of that is left first: with its release, Dask forgets
            a task. It keeps the last thousand messages of a topic, and here each tells of so many tasks at most.

    Returns:
        ``("withdrawn", "")``, ``("on", address)`` of a worker that must be asked first, ``("ended", "")``, ``("needed",
        "")`` by tasks of others, or ``("unknown", "")``: not here yet, or not any more.
    """
    found = {}
    for why, keys in asked.items():
        back = []
        for key in keys:
            state = dask_scheduler.tasks.get(key)
            if state is None:
                found[key] = "unknown", ""
            elif state.state in ("memory", "erred"):
                found[key] = "ended", ""
            elif others and state.dependents:  # Dask would cancel those as well
                found[key] = "needed", ""
            elif state.processing_on is not None and marked.get(key) != state.processing_on.address:
                found[key] = "on", state.processing_on.address
            else:
                found[key] = "withdrawn", ""
                back.append(key)
        for first in range(0, len(back), 20):
            dask_scheduler.log_event(WITHDRAWN, [why, back[first : first + 20]])
        if back and others:
            dask_scheduler.stimulus_cancel(keys=back, client=client, force=True, reason=WITHDRAWN, msg=why)
        elif back:
            dask_scheduler.client_releases_keys(keys=back, client=client)
    return found


def look(
    *,
    prefix: str,
    elsewhere: str,
    everything: bool,
    known: list[str],
    folded: dict[str, str],
    fold: int,
    most: int,
    dask_scheduler: Any,
) -> dict[str, Any]:
    """Return what the scheduler has to do: which of our own tasks wait, and with `everything` all tasks of others.

    Args:
        prefix: how the keys of our own tasks begin. Those at work tell of themselves and are left out.
        elsewhere: how the keys of our own tasks end that their programs show in the same window. They are left out.
        everything: whether the tasks of others are wanted.
        known: keys of the tasks that were shown before.
        folded: groups of tasks that are one row already, with what their tasks are called.
        fold: a group of more tasks than this becomes one row as well.
        most: how many tasks are shown, and how many groups become one row, at most.

    Returns:
        A dictionary of plain values:

        ``workers``, ``count``: how many workers there are, and how many tasks.
        ``shown``: the tasks, those at work first. Of each its key, its state, address, name and host of its worker, for
        how many seconds it has been at work, if its worker has said, and whether others need its result.
        ``ended``: of the `known` that are not among these, how they have ended: ``("memory" | "erred" | "withdrawn" |
        "released" | "", error or why)``. What was released by those who wanted it had not begun.
        ``groups``: of each that is one row what its tasks are called, how many there are, are to be done, are on a
        worker, had a result and had failed, and whether some can be taken back. Those that are `folded` are there also
        when there is nothing more to do.
    """

    def is_wanted(key: str, at_work: bool) -> bool:
        if key.startswith(prefix):
            return not at_work and not key.endswith(elsewhere)
        return everything

    task_groups = dask_scheduler.task_groups if everything else {}
    others = {name: group for name, group in task_groups.items() if not name.startswith(prefix)}
    groups = _groups(others, folded, fold, most, dask_scheduler)
    processing = [worker.processing for worker in dask_scheduler.workers.values()]
    waiting = [dask_scheduler.unrunnable, dask_scheduler.queued]
    shown = _tasks([*processing, *waiting], is_wanted, groups, set(known), most)
    ended = _ends(set(known).difference(key for key, *_ in shown), dask_scheduler)
    count = sum(map(len, processing)) + sum(map(len, waiting))
    return {"workers": len(processing), "count": count, "shown": shown, "ended": ended, "groups": groups}


def _groups(
    others: dict[str, Any], folded: dict[str, str], fold: int, most: int, dask_scheduler: Any
) -> dict[str, list[Any]]:
    """Return which of the `others` are one row each, see `look`; whether some can be taken back, `_tasks` tells."""
    groups: dict[str, list[Any]] = {}
    for name, group in others.items():
        states = group.states
        to_do = sum(states.get(state, 0) for state in ("processing", "queued", "no-worker", "waiting"))
        total = sum(states.values())  # with those that are forgotten: joblib has only some at a time
        if (to_do and total > fold and len(groups) < most) or name in folded:
            counts = group.prefix.state_counts
            numbers = total, to_do, states["processing"], counts["memory"], counts["erred"]
            groups[name] = [group.prefix.name, *numbers, False]
    for name, called in folded.items():
        called_so = dask_scheduler.task_prefixes.get(called)
        if name not in groups:
            counts = called_so.state_counts if called_so is not None else {}
            groups[name] = [called, 0, 0, 0, counts.get("memory", 0), counts.get("erred", 0), False]
    return groups


def _tasks(
    places: list[Any],
    is_wanted: Callable[[str, bool], bool],
    groups: dict[str, list[Any]],
    known: set[str],
    most: int,
) -> list[tuple[str, str, tuple[str, str, str], float | None, bool]]:
    """Return the wanted tasks in these `places`, see `look`; note in `groups` where some can be taken back."""
    from itertools import chain, islice

    at_work: list[tuple[str, str, tuple[str, str, str], float | None, bool]] = []
    waiting: list[tuple[str, str, tuple[str, str, str], float | None, bool]] = []
    # No more than so many at a time: this is the scheduler's own thread.
    for task in islice(chain(*places), 10 * most):
        key = str(task.key)
        worker = task.processing_on
        seconds = worker.executing.get(task) if worker is not None else None
        if not is_wanted(key, seconds is not None):
            continue
        group = groups.get(task.group.name)
        if group is not None:
            group[-1] = group[-1] or (worker is None and not task.dependents)
            if key not in known:
                continue
        where = (worker.address, str(worker.name), worker.host) if worker is not None else ("", "", "")
        shown = key, task.state, where, seconds, bool(task.dependents)
        (waiting if seconds is None else at_work).append(shown)
        if len(waiting) >= most:
            break
    return [*at_work, *waiting][:most]


def _ends(gone: set[str], dask_scheduler: Any) -> dict[str, tuple[str, str]]:
    """Return how these tasks have ended, as far as the scheduler can still tell; see `look`."""
    ended = {}
    for key in gone:
        task = dask_scheduler.tasks.get(key)
        if task is not None and task.state in ("memory", "erred"):
            ended[key] = task.state, str(getattr(task, "exception_text", "") or "")[:500]
        elif task is None:
            ended[key] = "", ""
    forgotten = {key for key, (state, _) in ended.items() if not state}
    if forgotten:  # the log of the last thousand changes may tell
        for entry in dask_scheduler.transition_log:
            key, start, finish = str(entry[0]), entry[1], entry[2]
            if key in forgotten and finish in ("memory", "erred"):
                ended[key] = finish, ""
            elif key in forgotten and finish == "released" and start not in ("memory", "erred"):
                ended[key] = "released" if start in ("waiting", "queued", "no-worker") else "", ""
        for _, (why, keys) in dask_scheduler.get_events(WITHDRAWN):
            ended.update((key, ("withdrawn", why)) for key in forgotten.intersection(keys))
    return ended


def take_back(group: str, client: str, dask_scheduler: Any) -> int:
    """Cancel what is on no worker of a group of tasks, for whoever wants it; return how many these were.

    What others need is left alone: Dask would cancel those as well, and forget what runs for them.
    """
    keys = [
        task.key
        for task in dask_scheduler.tasks.values()
        if task.group.name == group and task.state in ("waiting", "queued", "no-worker") and not task.dependents
    ]
    if keys:
        dask_scheduler.stimulus_cancel(keys=keys, client=client, force=True, reason=WITHDRAWN, msg="cancelled")
    return len(keys)


def beat(
    metric: str, topic: str, known: dict[str, float], all_tasks: bool, dask_scheduler: Any
) -> dict[str, list[Any] | None]:
    """Return which of the `known` workers there are, and what the last heartbeat of any has told a listener since.

    With `all_tasks`, an empty list for each worker that has an agent which does not know that listener.
    """
    found = {}
    for address, worker in dask_scheduler.workers.items():
        listeners = worker.metrics.get(metric)
        told = (listeners or {}).get(topic)
        if told and told[1] > known.get(address, 0.0):
            found[address] = told
        elif all_tasks and listeners is not None and told is None:
            found[address] = []
        elif address in known:
            found[address] = None
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


def renew(
    topic: str, client: str, since: float, given_up: list[str], dask_scheduler: Any
) -> list[tuple[float, dict[str, Any]]] | None:
    """Listen to a topic anew, after contact was lost; return what was said there from `since` on, by our clock.

    None as long as an older connection of the client has not been given up: what it wants now would be given up with
    that, for Dask knows clients by their names. What such an end has left behind of the tasks that were `given_up` is
    given up here.
    """
    log = [event["action"] for _, event in dask_scheduler.get_events(client) if "action" in event]
    connections = log.count("add-client") - log.count("remove-client")
    if log and log[0] != "add-client":  # it is of the last thousand events, and begins later than the first of them
        connections += 1
    comm = dask_scheduler.client_comms.get(client)
    if connections != 1 or comm is None or comm.closed() or client not in dask_scheduler.clients:
        return None
    state = dask_scheduler.clients[client]
    left = [task for key in given_up if (task := dask_scheduler.tasks.get(key)) and state in task.who_wants]
    state.wants_what.update(left)
    dask_scheduler.client_releases_keys([task.key for task in left], client)
    dask_scheduler.subscribe_topic(topic, client)
    return [event for event in dask_scheduler.get_events(topic) if event[0] >= since]


def clear_topic(topic: str, dask_scheduler: Any) -> None:
    """Forget the messages of a topic that nobody will listen to again: Dask keeps the last thousand for good."""
    broker = getattr(dask_scheduler, "_broker", None)
    if broker is not None:
        broker.truncate(topic)


cloudpickle.register_pickle_by_value(sys.modules[__name__])
