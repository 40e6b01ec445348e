"""One call of many is told from the others by its plain arguments, and nothing of the program's runs for that."""

from __future__ import annotations

import functools
from pathlib import Path
from types import MethodType
from typing import Any

import pytest

from taskmon.watch.ownership import call_name, code_of, look_up, name_of, unwrap


def fetch(*args: object, **kwargs: object) -> None:
    """Never called."""


class Hostile(str):
    __slots__ = ()

    def __repr__(self) -> str:
        raise AssertionError("it was asked")


class OwnPath(type(Path())):  # type: ignore[misc]
    def __str__(self) -> str:
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
        (("https://example.org/downloads/a.zip",), {}, "fetch('…/downloads/a.zip')"),
        (("https://example.org/0.zip",), {}, "fetch('…/0.zip')"),
        (("https://a.org/0.zip?part=12",), {}, "fetch('…/0.zip?part=12')"),
        (("/srv/data/of-2026/november/",), {}, "fetch('…/data/of-2026/november/')"),
        (("C:\\Users\\anna\\Pictures\\b.png",), {}, r"fetch('…\\anna\\Pictures\\b.png')"),
        (("https://a-host-with-a-long-name.org/",), {}, "fetch('…t-with-a-long-name.org/')"),
        ((1.5,), {"retries": 3}, "fetch(1.5, retries=3)"),
        (([1, 2], {"a": 1}, object()), {}, "fetch"),
        ((Hostile("x"), 4), {}, "fetch(4)"),
        ((10**30,), {}, "fetch"),
        (("a" * 30, "b" * 30), {}, "fetch('…aaaaaaaaaaaaaaaaaaaaaaa', …)"),
        (("a" * 30, "b" * 30, "c" * 30), {"pages": 3}, "fetch('…aaaaaaaaaaaaaaaaaaaaaaa', …)"),
        ((1,), {"name" * 20: 2, "x": 3}, "fetch(1, namenamenamenamenamename=2, x=3)"),
        ((), {"name" * 20: "v" * 30, "x": 3}, "fetch(…)"),
        ((Path("/srv/pictures/2026/img0001.png"), False), {}, "fetch('…/2026/img0001.png', False)"),
        ((OwnPath("/srv/a.png"), 4), {}, "fetch(4)"),
        (None, None, "fetch"),
        ((object(), None, object()), {}, "fetch"),
    ],
)
def test_name(args: object, kwargs: object, name: str) -> None:
    assert call_name(fetch, args, kwargs) == name


class Account:
    """Has methods to log in."""

    def __init__(self, user: str, password: str) -> None:
        """Never called."""

    def login(self, user: str, api_key: str) -> None:
        """Never called."""


def login(user: str, passwd: str = "", *, author: str = "", keyword: int = 0) -> None:
    """Never called."""


@functools.wraps(login)
def wrapped(*args: Any, **kwargs: Any) -> None:
    """Never called."""


@pytest.mark.parametrize(
    ("function", "args", "kwargs", "name"),
    [
        (login, ("bob", "hunter2"), {}, "login('bob', …)"),
        (login, ("bob",), {"passwd": "hunter2", "keyword": 3}, "login('bob', passwd=…, keyword=3)"),
        (login, ("bob",), {"author": "eve"}, "login('bob', author='eve')"),
        (wrapped, ("bob", "hunter2"), {}, "login('bob', …)"),
        (Account.__new__(Account).login, ("bob", "s3cr3t"), {}, "Account.login('bob', …)"),
        (Account.login, (None, "bob", "s3cr3t"), {}, "Account.login(None, 'bob', …)"),
        (Account, ("bob", "hunter2"), {}, "Account('bob', …)"),
        (fetch, (), {"AuthToken": "x", "secretKey": "y", "tokens": 4}, "fetch(AuthToken=…, secretKey=…, tokens=…)"),
        (print, ("a", "b"), {}, "print('a', 'b')"),
    ],
)
def test_what_is_called_a_secret_is_not_told(function: Any, args: Any, kwargs: Any, name: str) -> None:
    """Names are kept, on disk as well."""
    assert call_name(function, args, kwargs) == name


class Lazy:
    """Comes to life when it is asked for anything, as an import does that is put off."""

    def __getattribute__(self, name: str) -> Any:
        raise AssertionError(f"it was asked for {name}")

    def __call__(self) -> None:
        """Never called."""


class Computed:
    @property
    def __name__(self) -> str:
        raise AssertionError("it was asked")

    __code__ = __func__ = __wrapped__ = __name__

    def __call__(self) -> None:
        """Never called."""


def lazy() -> Lazy:
    made = object.__new__(Lazy)
    object.__getattribute__(made, "__dict__")["__wrapped__"] = fetch
    return made


def test_what_comes_to_life_when_it_is_asked_is_not_asked() -> None:
    """In a thread of ours, and for a name."""
    assert code_of(lazy()) is fetch.__code__
    assert name_of(lazy()) == "Lazy"
    assert name_of(object.__new__(Computed)) == "Computed"
    assert code_of(object.__new__(Computed)) is Computed.__call__.__code__
    function, args, _ = unwrap(functools.partial(lazy(), 3), (4,), {})
    assert (type(function), args) == (Lazy, (3, 4))
    assert call_name(MethodType(lazy(), 1), (5,), {}) == "method(5)"


def test_what_is_looked_up_is_what_python_would_find() -> None:
    @functools.wraps(fetch)
    def wrapped() -> None:
        """Never called."""

    class Slots:
        __slots__ = ("filled", "left_empty")

    slots = Slots()
    slots.filled = 3
    cached = functools.lru_cache(fetch)
    bound = Path("x").exists
    for owner, names in (
        (wrapped, "__name__ __qualname__ __wrapped__ __code__ __module__"),
        (cached, "__name__ __qualname__ __wrapped__"),
        (len, "__name__ __qualname__ __self__"),
        (bound, "__name__ __qualname__ __self__ __func__"),
        (Path, "__name__ __qualname__ __module__"),
        (functools.partial(fetch, 1), "func args"),
        (slots, "filled"),
    ):
        for name in names.split():
            assert look_up(owner, name) == getattr(owner, name), name
    assert look_up(slots, "left_empty", 4) == 4
