"""What the workers of a crowd do: one function for each kind, each reporting at every item."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from taskmon import TaskContext

#: More items than anybody does.
_ENDLESS: Final = 10**9
_BLOCK: Final = bytes(1_000_000)


class Tally:
    """How many items each worker has done. Each writes its own place; anybody may read."""

    def __init__(self, kinds: Sequence[str]) -> None:
        self.kinds = kinds
        self.done = [0] * len(kinds)
        self.arrived = [False] * len(kinds)
        self.gate = threading.Event()
        """Closed, it keeps arriving workers waiting."""

    @property
    def complete(self) -> bool:
        """Whether every worker has got a thread."""
        return all(self.arrived)

    def by_kind(self) -> dict[str, int]:
        """Items done by the workers of each kind."""
        sums = dict.fromkeys(self.kinds, 0)
        for kind, done in zip(self.kinds, self.done, strict=True):
            sums[kind] += done
        return sums


def report(ctx: TaskContext, tally: Tally, place: int) -> None:
    """Nothing but reports, as fast as they go."""
    done = tally.done
    for count in ctx.track(range(_ENDLESS)):
        done[place] = count


def compute(ctx: TaskContext, tally: Tally, place: int) -> None:
    """A fifth of a millisecond of pure Python."""
    done = tally.done
    for count in ctx.track(range(_ENDLESS)):
        for _ in range(5000):
            pass
        done[place] = count


def wait(ctx: TaskContext, tally: Tally, place: int) -> None:
    """Light: a millisecond of waiting, as for a disk or a network."""
    done = tally.done
    for count in ctx.track(range(_ENDLESS)):
        time.sleep(0.001)
        done[place] = count


def digest(ctx: TaskContext, tally: Tally, place: int) -> None:
    """Busy outside the interpreter lock: the hash of a megabyte."""
    done = tally.done
    for count in ctx.track(range(_ENDLESS)):
        hashlib.sha256(_BLOCK).digest()
        done[place] = count


def tell(ctx: TaskContext, tally: Tally, place: int) -> None:
    """Reports with words, as fast as they go."""
    done = tally.done
    for count in ctx.track(range(_ENDLESS)):
        ctx.progress(message=f"item {count}")
        done[place] = count


def idle(ctx: TaskContext, tally: Tally, place: int) -> None:
    """Asleep in a checkpoint: somebody else moves its progress."""
    del tally, place
    ctx.progress(0, _ENDLESS)
    ctx.sleep(3600)


Load = Callable[[TaskContext, Tally, int], None]
LOADS: Final[dict[str, Load]] = {load.__name__: load for load in (report, compute, wait, digest, tell, idle)}


def run(ctx: TaskContext, tally: Tally, place: int) -> None:
    """What every worker of a crowd is started with."""
    tally.arrived[place] = True
    tally.gate.wait()
    LOADS[tally.kinds[place]](ctx, tally, place)
