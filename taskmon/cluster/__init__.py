"""Tasks on a cluster of dask.distributed: the same functions, the same window, the same Cancel.

taskmon does not grow an engine of its own. `ClusterRunner` starts functions on the workers of a cluster that exists,
and is a `taskmon.core.task.live_tasks.TaskSource` as every runner is.

It needs ``taskmon-desktop[dask]``. A client of Dask believes its cluster: it unpickles what comes from there, and what
it sends is run there. So the window never is one; a program that is shows its tasks in the window through the link.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taskmon.cluster.runner import ClusterRunner
    from taskmon.cluster.task import ClusterTask, LostTaskError

__all__ = ["ClusterRunner", "ClusterTask", "LostTaskError"]

_HOMES = {
    "ClusterRunner": "taskmon.cluster.runner",
    "ClusterTask": "taskmon.cluster.task",
    "LostTaskError": "taskmon.cluster.task",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    try:
        return getattr(import_module(home), name)
    except ModuleNotFoundError as error:
        if error.name not in ("distributed", "cloudpickle", "tornado"):
            raise
        raise ModuleNotFoundError(
            "tasks on a cluster need Dask: pip install 'taskmon-desktop[dask]'", name=error.name
        ) from error
