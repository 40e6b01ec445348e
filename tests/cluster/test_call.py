"""What comes of a task travels sealed, and weighs what it weighs."""

from __future__ import annotations

import threading
from typing import Any

import pytest

pytest.importorskip("distributed", reason="needs dask.distributed: pip install 'taskmon-desktop[dask]'")

from dask.sizeof import sizeof
from distributed.protocol import deserialize, serialize

from taskmon.cluster.call import Ended
from tests.helpers import children


def sent(ended: Ended) -> Any:
    header, frames = serialize(ended, on_error="raise")
    return deserialize(header, [bytes(frame) for frame in frames])


def test_a_value_comes_through_however_often_it_is_moved() -> None:
    words = {"agent": "a", "frames": [b"one"], "keys": [(1, "k")]}
    there = sent(sent(Ended({"a": [1, 2]}, stopped=True, ran=True, words=words)))

    assert (there.value(), there.stopped, there.ran) == ({"a": [1, 2]}, True, True)
    assert there.words["frames"] == [b"one"]


def test_one_that_cannot_be_read_is_only_opened_on_demand() -> None:
    there = sent(Ended(children.Unreadable(), stopped=False, ran=True, words=None))

    with pytest.raises(ValueError, match="cannot be read"):
        there.value()


def test_one_that_cannot_be_sent_says_so_where_it_was_to_arrive() -> None:
    there = sent(Ended(threading.Lock(), stopped=False, ran=True, words=None))

    with pytest.raises(TypeError, match="lock"):
        there.value()


def test_its_worker_knows_its_weight() -> None:
    ended = Ended(bytes(1_000_000), stopped=False, ran=True, words=None)

    assert sizeof(ended) > 1_000_000
    assert sizeof(sent(ended)) > 1_000_000
