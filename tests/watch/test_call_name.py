"""One call of many is told from the others by its plain arguments, and nothing of the program's runs for that."""

from __future__ import annotations

import pytest

from taskmon.watch.ownership import call_name


def fetch(*args: object, **kwargs: object) -> None:
    """Never called."""


class Hostile(str):
    __slots__ = ()

    def __repr__(self) -> str:
        raise AssertionError("it was asked")


def test_arguments_can_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("taskmon.watch.ownership.tell_arguments", False)

    assert call_name(fetch, (17,), {}) == "fetch"


@pytest.mark.parametrize(
    ("args", "kwargs", "name"),
    [
        ((), {}, "fetch"),
        ((17,), {}, "fetch(17)"),
        ((17, "a.zip", True, None), {}, "fetch(17, 'a.zip', True, None)"),
        (("https://example.org/downloads/a.zip",), {}, "fetch('…ple.org/downloads/a.zip')"),
        ((1.5,), {"retries": 3}, "fetch(1.5, retries=3)"),
        (([1, 2], {"a": 1}, object()), {}, "fetch"),
        ((Hostile("x"), 4), {}, "fetch(4)"),
        ((10**30,), {}, "fetch"),
        (("a" * 30, "b" * 30), {}, "fetch('…aaaaaaaaaaaaaaaaaaaaaaa', '…bbbbbbbbb…)"),
        (None, None, "fetch"),
    ],
)
def test_name(args: object, kwargs: object, name: str) -> None:
    assert call_name(fetch, args, kwargs) == name
