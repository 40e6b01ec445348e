"""A loop that is counted, stopped and paused from another thread, without our code between two items."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Iterator

import pytest

from taskmon.watch.hooks.bars import WatchedLoop
from tests.helpers.gates import Gate, wait_until


class Stop(BaseException):
    """What `attend` raises in these tests."""


def refuse() -> None:
    raise Stop


def test_it_gives_what_the_iterator_gives() -> None:
    loop = WatchedLoop(iter("abc"), refuse)

    assert list(loop.items) == ["a", "b", "c"]
    assert (loop.done, loop.finished) == (3, True)


def test_it_counts_what_is_done_not_what_was_taken() -> None:
    loop = WatchedLoop(iter(range(5)), refuse)
    seen = [loop.done for _ in loop.items]

    assert seen == [0, 1, 2, 3, 4]


def test_nothing_is_taken_after_an_interruption() -> None:
    source = iter(range(10))
    loop = WatchedLoop(source, refuse)

    def iterate() -> None:
        for number in loop.items:
            if number == 3:
                loop.interrupt()

    with pytest.raises(Stop):
        iterate()
    assert next(source) == 4, "the item that nobody will work on was left where it was"
    assert not loop.finished


def test_it_may_go_on_after_an_interruption() -> None:
    attended: list[int] = []
    loop = WatchedLoop(iter(range(6)), lambda: attended.append(loop.done))
    seen = []
    for number in loop.items:
        seen.append(number)
        if number in (1, 4):
            loop.interrupt()

    assert seen == [0, 1, 2, 3, 4, 5]
    assert attended == [1, 4]
    assert (loop.done, loop.finished) == (6, True)


def test_an_interruption_before_the_first_item() -> None:
    source = iter([1])
    loop = WatchedLoop(source, refuse)
    loop.interrupt()

    with pytest.raises(Stop):
        next(iter(loop.items))
    assert next(source) == 1


def test_it_is_interrupted_while_the_iterator_waits() -> None:
    """The item that was on its way still comes; then nothing more."""
    gate = Gate()

    def slow() -> Iterator[int]:
        for number in range(3):
            if number == 1:
                gate.pass_through()
            yield number

    loop = WatchedLoop(slow(), refuse)
    seen: list[int] = []
    outcome: list[BaseException] = []

    def iterate() -> None:
        try:
            seen.extend(loop.items)
        except Stop as error:
            outcome.append(error)

    thread = threading.Thread(target=iterate)
    thread.start()
    gate.await_arrival()
    loop.interrupt()
    gate.open()
    thread.join()

    assert (seen, len(outcome)) == ([0, 1], 1)


def test_no_frame_of_ours_is_in_a_traceback_that_passes_through() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("of the program's own")

    with pytest.raises(ValueError, match="own") as caught:
        list(WatchedLoop(broken(), refuse).items)
    files = {frame.filename for frame in traceback.extract_tb(caught.value.__traceback__)}

    assert files == {__file__}


def test_interruptions_from_elsewhere_lose_no_item() -> None:
    """A thousand of them, whenever they come: all items arrive, in order, and the count is right in the end."""
    loop = WatchedLoop(iter(range(200_000)), lambda: None)
    over = threading.Event()

    def disturb() -> None:
        while not over.is_set():
            loop.interrupt()

    thread = threading.Thread(target=disturb)
    thread.start()
    seen = list(loop.items)
    over.set()
    thread.join()

    assert seen == list(range(200_000))
    assert loop.finished
    wait_until(lambda: not thread.is_alive())
