"""What the finder hands out: what runs, what a stop would set, and what came of setting it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from taskmon.watch.flags import inspect_safely

#: What to add to a program that has no stop flag: shown, never done.
ADVICE = (
    "stop = threading.Event()  # where the thread is made; pass it to the thread\n"
    "while not stop.is_set():  # in the thread, instead of `while True:`\n"
    "stop.set()  # whenever the thread is to end"
)


class Target(NamedTuple):
    """What runs: the function of a Thread, a Timer, a pool's work item, with the arguments it was given."""

    function: Callable[..., object]
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = {}  # noqa: RUF012 - a NamedTuple copies no default; nobody writes to it
    thread: threading.Thread | None = None
    #: Of a pool's work item: what its caller was given, with those who are to be told when it has ended.
    future: Any = None

    @classmethod
    def of_thread(cls, thread: threading.Thread) -> Target:
        """What a thread runs: the `run` of a subclass, a Timer's function, or the target it was given."""
        run: Any = inspect_safely.on_class(type(thread), "run")[0]
        fields = inspect_safely.own_names(thread) or {}
        if run is threading.Timer.run and inspect_safely.is_a(thread, threading.Timer):
            return cls(fields["function"], tuple(fields["args"]), dict(fields["kwargs"]), thread)
        target = fields.get("_target")
        if run is not threading.Thread.run or target is None:
            return cls(run.__get__(thread), (), {}, thread)
        return cls(target, tuple(fields.get("_args", ())), dict(fields.get("_kwargs", {})), thread)


class Applied(NamedTuple):
    """What came of it: whether something was set, and what, in words."""

    done: bool
    words: str


@dataclass(frozen=True, eq=False)
class Offer:
    """A way that may be right: shown with its name, taken only when the user picks it."""

    means: str
    why: str
    key: object
    _act: Callable[[], Applied] = field(repr=False)

    def apply(self) -> Applied:
        """Do it now. Never blocks and never raises: a failure is told."""
        return _safely(self._act)


@dataclass(eq=False)
class Finding:
    """The stop flag of one thread, or why there is none.

    `means` says what a plain cancel does ("sets stop_event"); it is empty when a cancel can do nothing, and `why_not`
    then says why. Findings with an equal `key` would set the same flag: one stops the threads of all. `offers` are
    never used by a plain cancel. At the click, `apply_as_found` sees whether it still holds; if that is not sure, find
    again: the program may have made a new flag since.
    """

    means: str = ""
    why_not: str = ""
    key: object = None
    offers: tuple[Offer, ...] = ()
    advice: str = ""
    #: Set by the finder, for `apply` and `follow_up`.
    plan: Any = field(default=None, repr=False)
    #: Whether `means` tells how many other threads it reaches, which changes as they come and go.
    counts_others: bool = False
    #: The main thread waits for it as well: the program ends along with the thread.
    ends_program: bool = False
    #: What is to be added to `means` at this moment: "after 31 items".
    now: Callable[[], str] = field(default=str, repr=False)

    def apply_as_found(self, *, settled: bool) -> bool:
        """Set the flag if all that this stands on is as it was; return whether it was set. As `apply` otherwise.

        Where that is not sure, nothing is done. See `taskmon.watch.flags.footing`.
        """
        set_it = getattr(self.plan, "apply_as_found", None)  # of a flag alone: the others are judged as they are used
        return set_it is not None and _safely(lambda: set_it(settled=settled) or Applied(False, "")).done

    def apply(self) -> Applied:
        """Set the flag now, in the object that is in place now. Any thread; never blocks and never raises."""
        if self.plan is None:
            return Applied(False, self.why_not or "there is nothing to set")
        return _safely(self.plan.apply)


def _safely(act: Callable[[], Applied]) -> Applied:
    """An error is told, for nobody waits for an exception where a button was pressed."""
    try:
        return act()
    except Exception as error:  # of the program's own object, a `set` of its own for instance
        return Applied(False, f"could not be set: {type(error).__name__}")
