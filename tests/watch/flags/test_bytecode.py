"""On which object a function uses an attribute, without its source."""

from __future__ import annotations

from typing import Any

import pytest

from taskmon.watch.flags.bytecode import is_of_self


class Some:
    stop: Any
    other: Any
    many: Any

    def asks(self) -> Any:
        self.stop.set()
        return self.stop

    def assigns(self, value: Any) -> None:
        self.stop = value

    def assigns_twice(self) -> None:
        self.other = self.stop = 3

    def calls(self) -> None:
        self.stop()
        del self.stop

    def asks_another(self) -> None:
        self.other.stop.set()

    def assigns_to_another(self, value: Any) -> None:
        value.stop = self

    def asks_both(self) -> None:
        self.stop.set()
        self.other.stop.set()

    def asks_many(self) -> None:
        for one in self.many:
            one.stop.set()

    def asks_none(self) -> Any:
        return self.other


@pytest.mark.parametrize("name", ["asks", "assigns", "assigns_twice", "calls"])
def test_on_self_alone(name: str) -> None:
    assert is_of_self(vars(Some)[name].__code__, "stop")


@pytest.mark.parametrize("name", ["asks_another", "assigns_to_another", "asks_both", "asks_many", "asks_none"])
def test_not_on_self_alone(name: str) -> None:
    assert not is_of_self(vars(Some)[name].__code__, "stop")
