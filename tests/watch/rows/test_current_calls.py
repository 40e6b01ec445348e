"""What a thread is at that goes in rounds."""

from __future__ import annotations

import queue
import threading
from typing import Any

import pytest

from taskmon.core.task.state import TaskState as S
from taskmon.watch.rows import current_calls
from tests.helpers.gates import PATIENCE, Gate, wait_until
from tests.watch.stage import Watch, watch

__all__ = ["watch"]  # a fixture


class Checker(threading.Thread):
    def __init__(self, orders: queue.Queue[Any]) -> None:
        super().__init__(name="checker")
        self.orders = orders

    def run(self) -> None:
        while (order := self.orders.get()) is not None:
            self.check(*order)

    def check(self, address: Any, gate: Gate) -> None:
        gate.pass_through()


def test_it_says_what_its_own_function_was_given(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(current_calls, "PERIOD", 0.0)
    orders: queue.Queue[Any] = queue.Queue()
    thread = Checker(orders)
    thread.start()
    row = watch.row("checker", S.RUNNING)
    gate = Gate()
    orders.put(("http://example.org/a", gate))
    gate.await_arrival()
    wait_until(lambda: not watch.look() and row.snapshot().progress.message == "check('http://example.org/a')")
    gate.open()
    gate = Gate()
    orders.put((object(), gate))
    gate.await_arrival()
    wait_until(lambda: not watch.look() and not row.snapshot().progress.message, "what cannot be told is not said")
    gate.open()
    orders.put(None)
    thread.join(PATIENCE)
