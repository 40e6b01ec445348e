"""The rows of a watched program say what their threads do."""

from __future__ import annotations

import itertools
import os
import sys
import threading
from types import SimpleNamespace
from typing import cast

import pytest

from taskmon.core.stacks.facts import Activity, ThreadFacts
from taskmon.watch.rows import facts as facts_module
from taskmon.watch.rows.watched_task import WatchedTask
from tests.helpers.gates import PATIENCE, wait_until
from tests.watch.stage import Watch, watch

__all__ = ["watch"]


@pytest.fixture(autouse=True)
def at_each_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts_module, "PERIOD", 0.0)
    monkeypatch.setattr(facts_module, "SHARE", 1.0)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a thread has another number")
def test_a_program_without_threading_has_a_main_thread_as_well(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts_module, "active_threads", dict)
    program = watch.looking.program
    wait_until(lambda: watch.look() or program.facts is not None)
    assert program.facts is not None
    assert program.facts.native_id == os.getpid()


def test_a_thread_that_waits_says_for_what(watch: Watch) -> None:
    watch.hooks.threads.install(threading)
    stop = threading.Event()

    def serve() -> None:
        stop.wait(PATIENCE)

    thread = threading.Thread(target=serve, name="server")
    thread.start()
    try:
        row = watch.row("server")
        wait_until(lambda: watch.look() or (row.facts is not None and row.facts.activity is Activity.EVENT))
        facts = row.snapshot().facts
        assert facts is not None
        assert (facts.subject, facts.native_id) == ("stop", thread.native_id)
        assert facts.function.endswith("serve")
    finally:
        stop.set()
        thread.join(PATIENCE)
    wait_until(lambda: watch.look() or row.state.is_final)
    assert row.snapshot().facts is None


def test_who_holds_the_lock_is_named(watch: Watch) -> None:
    watch.hooks.threads.install(threading)
    cache, free = threading.Lock(), threading.Event()

    def write() -> None:
        with cache:
            free.wait(PATIENCE)

    def read() -> None:
        with cache:
            pass

    writer = threading.Thread(target=write, name="writer")
    writer.start()
    wait_until(cache.locked)
    reader = threading.Thread(target=read, name="reader")
    reader.start()
    try:
        row = watch.row("reader")
        wait_until(lambda: watch.look() or (row.facts is not None and row.facts.holder == "writer"))
        facts = row.snapshot().facts
        assert facts is not None
        assert (facts.activity, facts.subject, facts.circle) == (Activity.LOCK, "cache", ())
    finally:
        free.set()
        writer.join(PATIENCE)
        reader.join(PATIENCE)


def test_looks_are_as_far_apart_as_the_window_wants(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second, and less while it shows what threads do over time; never more."""
    now = [1_000.0]
    monkeypatch.setattr(facts_module, "PERIOD", 1.0)
    monkeypatch.setattr(facts_module.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(facts_module.time, "thread_time", lambda: 0.0)
    looks: list[float] = []
    rows = facts_module.FactsOfRows()
    monkeypatch.setattr(rows._facts, "look", lambda *_: looks.append(now[0]) or {})

    for period in (1.0, 0.25, 5.0):
        watch.board.look_every(period)
        for _ in range(8):
            now[0] += 0.25
            rows.look([], watch.board.facts_period)

    assert looks == [1_001.0, 1_002.0, *(1_002.0 + 0.25 * n for n in range(1, 9)), 1_005.0, 1_006.0]


def test_a_thread_that_has_come_is_looked_at_soon_and_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it does is known before anybody has wondered, and with the second look what it uses."""
    now = [1_000.0]
    monkeypatch.setattr(facts_module, "PERIOD", 1.0)
    monkeypatch.setattr(facts_module.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(facts_module.time, "thread_time", lambda: 0.0)
    looks: list[float] = []
    rows = facts_module.FactsOfRows()
    monkeypatch.setattr(rows._facts, "look", lambda *_: looks.append(now[0]) or {})
    first, second = (
        cast("WatchedTask", SimpleNamespace(thread_id=ident, kind="thread", name="", thread_name="", facts=None))
        for ident in (1, 2)
    )

    for shown in (*[[first]] * 16, *[[first, second]] * 16):
        now[0] += 0.125
        rows.look(shown, 1.0)

    assert looks == [1_000.25, 1_000.5, 1_001.5, 1_002.125, 1_002.375, 1_003.375]


def test_long_looks_are_farther_apart(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many threads there are, they give no more than a share of a processor for that."""
    now, used = [1_000.0], [0.0]
    costs = iter([0.25, 0.25, 2**-7, 2**-7, 0.25, 0.25, 0.25, 0.25])
    monkeypatch.setattr(facts_module, "PERIOD", 1.0)
    monkeypatch.setattr(facts_module, "SHARE", 2**-8)
    monkeypatch.setattr(facts_module.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(facts_module.time, "thread_time", lambda: used[0])
    looks: list[float] = []
    rows = facts_module.FactsOfRows()

    def look(*_: object) -> dict[int, ThreadFacts]:
        looks.append(now[0])
        used[0] += next(costs)
        return {}

    monkeypatch.setattr(rows._facts, "look", look)
    while len(looks) < 8:
        now[0] += 0.25
        rows.look([], 0.25)

    assert [later - sooner for sooner, later in itertools.pairwise(looks)] == [
        0.25,  # the first one, and the second, say nothing of the next
        0.25,
        2.0,
        2.0,
        2.0,  # nor do two long ones later
        2.0,
        4.0,  # and no farther
    ]
