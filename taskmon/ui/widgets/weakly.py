"""Callables that do not keep what they belong to."""

from __future__ import annotations

from collections.abc import Callable
from inspect import ismethod
from typing import Any
from weakref import WeakMethod


def weakly(call: Callable[..., object]) -> Callable[..., object]:
    """Return a callable for whoever lives longer than the object of `call`; without that object, it does nothing.

    What Qt holds, such as a function that a signal was connected to, Python's collector cannot follow: a bound method
    in it would keep its object, with all that this can reach, until Qt deletes the sender. Anything but a method is
    returned as it is.
    """
    if not ismethod(call):
        return call
    find = WeakMethod(call)

    def call_if_there(*args: Any) -> object:
        found = find()
        return None if found is None else found(*args)

    return call_if_there
