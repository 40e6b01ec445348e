"""What travels between a client and the workers besides messages of the link."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import cloudpickle
from distributed import Future

#: Of what both ends say to each other. A worker with another one says so, rather than guess.
PROTOCOL: Final = 1

#: Every key of ours in Dask begins with this, which is how our tasks are told from the rest.
KEY_PREFIX: Final = "taskmon-"

#: The topic on which every worker that runs a task of ours says so, for whoever wants to see all of them.
AGENTS_TOPIC: Final = "taskmon-agents"


@dataclass(frozen=True, slots=True)
class Call:
    """A task as it goes to a worker, apart from its function and arguments."""

    key: str
    """Its name within Dask."""
    topic: str
    """Where the client that has started it listens."""
    name: str
    group: str = ""
    timeout: float | None = None
    takes_context: bool = True
    protocol: int = PROTOCOL

    def stopped(self, *, ran: bool, partial_result: Any) -> tuple[str, bool, Any]:
        """What the task returns on its worker if it was stopped: for Dask, a stop that was asked for is no failure."""
        return _STOPPED + self.key, ran, partial_result


_STOPPED: Final = "stopped: "


def was_stopped(key: str, value: object) -> bool:
    """Whether `value` is what `Call.stopped` makes."""
    return type(value) is tuple and len(value) == 3 and value[0] == _STOPPED + key


#: What Dask is told to evaluate. Nothing of ours, nor of the user, is named where Dask could see it: it would load that
#: on the scheduler, which need not have it, and in the middle of a worker's connection, which would end the worker.
EVALUATED: Final = "__import__('taskmon.cluster.agent', None, None, ['run']).run(call, needed)"


def pack(call: Call, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[bytes, list[Any]]:
    """Return a call as bytes, and the futures of Dask among what it needs, whose results are put in their places.

    Raises:
        Exception: if something cannot be sent.
    """
    file = io.BytesIO()
    pickler = _Pickler(file)
    pickler.dump((call, fn, args, kwargs))
    return file.getvalue(), pickler.futures


def unpack(call: bytes, needed: list[Any]) -> tuple[Call, Callable[..., Any], tuple[Any, ...], dict[str, Any]]:
    """Return what was packed. Raises whatever it raises that something is not to be had here."""
    unpickler = _Unpickler(io.BytesIO(call))
    unpickler.needed = needed
    call_, fn, args, kwargs = unpickler.load()
    return call_, fn, args, kwargs


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # has no annotations
    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self.futures: list[Any] = []

    def persistent_id(self, obj: object) -> int | None:
        if isinstance(obj, Future):
            self.futures.append(obj)
            return len(self.futures) - 1
        return None


class _Unpickler(pickle.Unpickler):
    needed: list[Any]

    def persistent_load(self, pid: int) -> Any:
        return self.needed[pid]
