"""gevent's greenlets that do the program's work are rows, as gevent itself tells of them."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from taskmon.core.task.request import Request, Verb
from taskmon.core.task.state import TaskState as S
from taskmon.watch.hooks import greenlets
from taskmon.watch.hooks.greenlets import GreenletHook
from tests.helpers.libraries import library
from tests.watch.stage import Watch, watch

__all__ = ["watch"]  # a fixture

GEVENT = """
    class GreenletExit(BaseException):
        pass

    class Loop:
        def __init__(self):
            self.asked = []

        def run_callback_threadsafe(self, function, *args):
            self.asked.append((function, args))

        def turn(self):
            for function, args in self.asked:
                function(*args)

    class Greenlet:
        loop = Loop()
        callbacks = set()
        add_spawn_callback = callbacks.add
        remove_spawn_callback = callbacks.discard

        def __init__(self, run, *args, **kwargs):
            self._run, self.args, self.kwargs = run, args, kwargs
            self.value = self.exception = None
            self._ready = False

        def start(self):
            for callback in self.callbacks:
                callback(self)
            return self

        def ready(self):
            return self._ready

        def end(self, value=None, exception=None):
            self._ready, self.value, self.exception = True, value, exception

        def kill(self, exception, block):
            assert not block
            self.end(exception())

    def run_user(user):
        pass

    def sleep():
        pass

    sleep.__module__ = "gevent.hub"
"""


class Reader:
    """What a library runs for the program."""


def fetch(address: str) -> None:
    """Never called."""


@pytest.fixture
def spawn(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Start a greenlet of a library that stands in for gevent."""
    names = library("gevent", GEVENT)
    module, low = types.ModuleType("gevent.greenlet"), types.ModuleType("greenlet")
    vars(module).update(names)
    vars(low).update(names)
    monkeypatch.setitem(sys.modules, "greenlet", low)
    watch.hooks._install_greenlets(module)
    yield lambda run, *args: names["Greenlet"](names[run] if isinstance(run, str) else run, *args).start()
    watch.hooks.undo()
    assert names["Greenlet"].callbacks == set(), "nothing of ours is left"


def test_a_greenlet_is_called_by_what_it_does_for_the_program(watch: Watch, spawn: Callable[..., Any]) -> None:
    kept = [
        spawn(fetch, "https://example.org/news/a.html"), spawn("run_user", Reader()), spawn("run_user", 4),
        spawn(fetch, "b.html"),
    ]  # fmt: skip
    watch.look()
    kept.pop()  # it was brief: nothing is left of it
    watch.look(2)
    assert watch.names() == ["fetch('…/news/a.html')", "Reader"]


def test_the_name_that_the_program_gave_it_comes_first(watch: Watch, spawn: Callable[..., Any]) -> None:
    """A sleep that nobody has named is gevent's affair."""
    kept = [spawn(fetch, "a.html"), spawn("sleep"), spawn("sleep"), spawn(fetch, "b.html")]
    kept[0].name, kept[2].name, kept[3].name = "news", "the pause", " "
    watch.look(2)
    assert sorted(watch.names()) == ["fetch('b.html')", "news", "the pause"]


def test_how_it_ended_is_read_from_it(watch: Watch, spawn: Callable[..., Any]) -> None:
    done, failed, killed, gone = (spawn(fetch, name) for name in ("done", "failed", "killed", "gone"))
    watch.look(2)
    rows = {name: watch.row(f"fetch('{name}')", S.RUNNING) for name in ("done", "failed", "killed", "gone")}
    done.end(1)
    failed.end(exception=ValueError("no such page"))
    killed.end(sys.modules["greenlet"].GreenletExit())
    del gone
    watch.look()
    assert [row.state for row in rows.values()] == [S.SUCCEEDED, S.FAILED, S.CANCELLED, S.CUT_OFF]
    assert rows["failed"].snapshot().error == "ValueError: no such page"
    assert rows["gone"].snapshot().error == "How it ended was not seen."


def test_to_kill_it_is_offered_and_done_in_its_own_thread(watch: Watch, spawn: Callable[..., Any]) -> None:
    greenlet = spawn(fetch, "a.html")
    row = watch.row("fetch('a.html')", S.RUNNING)
    assert not row.cancel(), "gevent itself warns of it"
    assert row.ask(Request(Verb.OFFER))
    watch.look()
    assert not greenlet.ready(), "its hub has had no turn"
    greenlet.loop.turn()
    watch.look()
    assert row.state is S.CANCELLED


def test_in_a_flood_those_that_last_are_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(greenlets, "_MANY", 10)
    hook = GreenletHook()
    kept = [Reader() for _ in range(8)]
    for greenlet in kept:
        hook._started(greenlet)
    for _ in range(100):
        hook._started(Reader())
    assert {reference() for reference in hook.new} >= set(kept)
    assert len(hook.new) <= 20
