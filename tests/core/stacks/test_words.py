"""What a thread does is said in words, and what is not known is left out."""

from __future__ import annotations

import pytest

from taskmon.core.stacks import words as doing
from taskmon.core.stacks.facts import Activity, OwnCall, ThreadFacts

A = Activity


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (ThreadFacts(), ""),
        (ThreadFacts(activity=A.COMPUTING, wakes_at=50.0), "Computing"),
        (ThreadFacts(activity=A.OUTSIDE, subject="zlib.compress"), "Computing outside Python, in zlib.compress"),
        (ThreadFacts(activity=A.LOCK), "Waiting for a lock"),
        (ThreadFacts(activity=A.LOCK, subject="cache"), "Waiting for lock “cache”"),
        (ThreadFacts(activity=A.LOCK, subject="cache", holder="writer"), "Waiting for lock “cache”, held by writer"),
        (ThreadFacts(activity=A.THREAD, holder="writer"), "Waiting for the end of writer"),
        (ThreadFacts(activity=A.THREAD), "Waiting for a thread to end"),
        (ThreadFacts(activity=A.SLEEPING, wakes_at=52.2), "Sleeping, wakes in 12\u00a0s"),
        (ThreadFacts(activity=A.QUEUE, subject="jobs", wakes_at=45.2), "Waiting for queue “jobs”, for 5\xa0s at most"),
        (ThreadFacts(activity=A.READING, channel="file", subject="/srv/shard.tar"), "Reading file shard.tar"),
        (ThreadFacts(activity=A.READING, channel="socket", subject="10.0.0.7:6379"), "Reading socket 10.0.0.7:6379"),
        (ThreadFacts(activity=A.READING, channel="terminal", subject="/dev/pts/0"), "Waiting for input"),
        (ThreadFacts(activity=A.WRITING, channel="pipe"), "Writing pipe"),
        (ThreadFacts(activity=A.READING), "Reading"),
        (ThreadFacts(activity=A.CHILD, subject="4711"), "Waiting for process 4711"),
        (ThreadFacts(activity=A.CALL, subject="dll.wait"), "In dll.wait"),
        (ThreadFacts(activity=A.AWAITING, subject="lock"), "Awaiting lock"),
        (ThreadFacts(activity=A.AWAITING), "Awaiting a result"),
    ],
)
def test_activity(facts: ThreadFacts, words: str) -> None:
    assert doing.activity(facts, 40.0) == words


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (ThreadFacts(activity=A.READING, channel="socket", since=991.0), "Reading socket"),
        (ThreadFacts(activity=A.READING, channel="socket", since=975.0), "Reading socket, for over 20\u00a0s"),
        (
            ThreadFacts(activity=A.READING, channel="socket", since=975.0, endless=True),
            "Reading socket, for over 20\u00a0s, no time limit",
        ),
        (ThreadFacts(activity=A.LOCK, subject="a", since=100.0), "Waiting for lock “a”, for over 15\u00a0m"),
        (ThreadFacts(activity=A.LOCK, since=900.0, wakes_at=1003.5), "Waiting for a lock, for 3\u00a0s at most"),
        (ThreadFacts(activity=A.WORK, since=100.0), "Waiting for work"),
        (ThreadFacts(activity=A.COMPUTING, since=100.0), "Computing"),
        (ThreadFacts(activity=A.AWAITING, subject="q.get", since=-9000.0), "Awaiting q.get, for over 2\u00a0h"),
    ],
)
def test_a_wait_that_may_last_says_how_long_it_has(facts: ThreadFacts, words: str) -> None:
    assert doing.standing(facts, 1000.0) == words


def test_every_activity_has_its_words() -> None:
    for activity in Activity:
        assert doing.activity(ThreadFacts(activity=activity), 0.0)
        assert doing.activity(ThreadFacts(activity=activity, subject="x", holder="y", wakes_at=9.0), 0.0)


def test_place_and_share() -> None:
    facts = ThreadFacts(function="main.<locals>.decode", file="/srv/data.py", line=88, cpu=0.4213)

    assert doing.place(facts) == "decode · data.py:88"
    called = facts._replace(calls=(OwnCall("Reader.fill", "/srv/io.py", 7), OwnCall("main", "/srv/data.py", 88)))
    assert doing.place(called) == "Reader.fill · io.py:7", "a function and its own line"
    inner = OwnCall("main.<locals>.hasher.<locals>.<genexpr>", "/srv/data.py", 17)
    assert doing.place(facts._replace(calls=(inner,))) == "hasher · data.py:17"
    assert doing.place(facts._replace(calls=(OwnCall("<module>", "/a.py", 1),))) == "a.py:1"
    assert doing.place(ThreadFacts()) == ""
    assert doing.cpu(facts) == "42\u00a0%"
    assert doing.cpu(ThreadFacts()) == doing.cpu(None) == ""
