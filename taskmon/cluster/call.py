"""What travels between a client and the workers besides messages of the link: a call, and what comes of it."""

from __future__ import annotations

import io
import pickle
import sys
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import cloudpickle
from dask.sizeof import sizeof
from distributed import Client, Future
from distributed.protocol import dask_deserialize, dask_serialize, deserialize, serialize

from taskmon.link.wire.connection import Message

#: Who has sent a call: of what both ends say to each other, and of Python. A worker with others says so, rather than
#: guess: code of another Python crashes the interpreter that runs it.
Sender = tuple[int, str]
SENDER: Final[Sender] = (3, f"{sys.version_info[0]}.{sys.version_info[1]}")

#: Every key of ours in Dask begins with this, which is how our tasks are told from the rest.
KEY_PREFIX: Final = "taskmon-"
_AT: Final = "@"


def key_of(name: str, topic: str, number: int, place: str) -> str:
    """Return a key for a task of this name, the client's `number`, as Dask's own pages can show it.

    If its program shows it in the window by itself, it says in which `place`: see `is_shown_at`.
    """
    shown = "".join(letter if letter.isalnum() or letter in "_. " else "_" for letter in name[:60]) or "task"
    return f"{KEY_PREFIX}{shown}-{topic.rpartition('-')[2]}{number:06}{_AT + place if place else ''}"


def is_shown_at(place: str) -> str:
    """Return how the keys end of the tasks that their own programs show in the window of this place."""
    return _AT + place


def name_in(key: str) -> str:
    """Return the name of a task of ours, as far as its key tells."""
    return key.removeprefix(KEY_PREFIX).rpartition("-")[0]


#: What progress is called among the metrics of a worker, and for how many seconds it is repeated there.
METRIC: Final = "taskmon"
MOVES_KEPT: Final = 10.0


class Call(NamedTuple):
    """A task as it goes to a worker, apart from its function and arguments."""

    key: str
    """Its name within Dask."""
    topic: str
    """Where the client that has started it listens."""
    name: str
    group: str = ""
    timeout: float | None = None
    takes_context: bool = True


class Ended:
    """What a task of ours is for Dask once it has ended, unless it has failed: a stop that was asked for is no failure.

    The value inside is sealed while it travels. Dask moves many results in one message, and one that cannot be read
    where it arrives would take the others with it.

    Args:
        value: the result, or the partial result of a stopped one.
        stopped: whether it was.
        ran: whether it had begun.
        words: what its worker would have told of it, if it was over before there was time to tell.
    """

    __slots__ = ("_sealed", "_value", "ran", "stopped", "words")

    def __init__(self, value: Any, *, stopped: bool, ran: bool, words: Message | None) -> None:
        self._value = value
        self._sealed: tuple[dict[str, Any], list[Any]] | None = None
        self.stopped = stopped
        self.ran = ran
        self.words = words

    def value(self) -> Any:
        """Return what is inside. Raises whatever it raises that it cannot be read here, TypeError if not even sent."""
        if self._sealed is None:
            return self._value
        header, frames = self._sealed
        if "problem" in header:
            raise TypeError(header["problem"])
        return deserialize(header, frames)

    def __sizeof__(self) -> int:
        """What it weighs in the memory of its worker, for Dask."""
        if self._sealed is None:
            return object.__sizeof__(self) + int(sizeof(self._value))
        return object.__sizeof__(self) + sum(memoryview(frame).nbytes for frame in self._sealed[1])

    def seal(self, context: dict[str, Any] | None) -> tuple[dict[str, Any], list[Any]]:
        """Return a header and frames, for Dask: the value's own, which are no copies where Dask makes none."""
        try:
            header, frames = self._sealed or serialize(self._value, on_error="raise", context=context)
        except Exception as error:  # Dask would try a few times, and then take the worker for lost
            header, frames = {"problem": str(error)}, []
        return {"value": header, "stopped": self.stopped, "ran": self.ran, "words": self.words}, frames

    @classmethod
    def sealed(cls, header: dict[str, Any], frames: list[Any]) -> Ended:
        """Return what was sealed, without a look at the value."""
        ended = cls(None, stopped=header["stopped"], ran=header["ran"], words=header["words"])
        ended._sealed = header["value"], frames
        return ended


@dask_serialize.register(Ended)  # type: ignore[untyped-decorator]  # has no annotations
def _seal(ended: Ended, context: dict[str, Any] | None = None) -> tuple[dict[str, Any], list[Any]]:
    return ended.seal(context)


dask_deserialize.register(Ended)(Ended.sealed)


#: What Dask is told to evaluate. Nothing of ours, nor of the user, is named where Dask could see it: it would load that
#: on the scheduler, which need not have it, and in the middle of a worker's connection, which would end the worker.
EVALUATED: Final = "__import__('taskmon.cluster.agent', None, None, ['run']).run(call, needed, sender)"


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


def has_code(call: bytes) -> bool:
    """Whether something travels as code: functions of the main program, lambdas, classes made by hand."""
    return b"cloudpickle.cloudpickle" in call


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # has no annotations
    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self.futures: list[Any] = []

    def persistent_id(self, obj: object) -> int | None:
        if isinstance(obj, Future):
            self.futures.append(obj)
            return len(self.futures) - 1
        if isinstance(obj, Client):
            raise TypeError("a client of Dask cannot be sent; in a task, distributed.get_client() returns one")
        return None


class _Unpickler(pickle.Unpickler):
    needed: list[Any]

    def persistent_load(self, pid: int) -> Any:
        return self.needed[pid]
