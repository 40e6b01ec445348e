"""What the details advise where a Cancel does not help: the same on every page, and never a flag that nobody reads."""

from __future__ import annotations

from typing import cast

import pytest

from taskmon.bridge.details.advice import headline, is_stuck, ways_out
from taskmon.bridge.table.ending import own_signals, program_of, way_out, way_to_end
from taskmon.bridge.table.rows import TaskRow
from taskmon.core.stacks.facts import Activity, ThreadFacts
from taskmon.core.stacks.sampler import StackFrame, StackSample
from taskmon.core.task.handle import TaskHandle
from taskmon.core.task.ladder import INTERRUPT, KILL, TERMINATE, with_signals
from taskmon.core.task.snapshot import Origin, StopMeans, TaskSnapshot
from taskmon.core.task.state import TaskState

A = Activity
RECIPE = "What would add a way to stop it:\n\nstop = threading.Event()\nwhile not stop.is_set():"
NO_WAY = TaskSnapshot(
    7, "quotes", TaskState.RUNNING, 1, 100.0, 0.0, started_at=0.0, origin=Origin("stuck.py", 4711, "quotes", "thread"),
    why_not_cancellable="no way to stop it was found", details=RECIPE,
)  # fmt: skip
PROGRAM = NO_WAY._replace(
    id=1, name="stuck.py", origin=Origin("stuck.py", 4711, "MainThread", "program"), why_not_cancellable="", details="",
    stop_means=with_signals(StopMeans("interrupts it", signal=INTERRUPT), (TERMINATE, KILL)),
)  # fmt: skip


def row(snapshot: TaskSnapshot, parent: TaskRow | None = None) -> TaskRow:
    made = TaskRow(cast("TaskHandle", None), snapshot, 0)
    made.parent = parent
    return made


def at(call: str, busy: float = 0.0) -> StackSample:
    return StackSample(100.0, (StackFrame("/home/me/stuck.py", 17, "fetch", True, call),), 60.0, busy, one_call=True)


def told(snapshot: TaskSnapshot, sample: StackSample | None, parent: TaskRow | None = None) -> str:
    return "\n".join(ways_out(row(snapshot, parent), [], sample)).replace("\u00a0", " ")


def test_a_thread_in_recv_is_told_of_its_socket_and_of_no_flag() -> None:
    words = told(NO_WAY, at("c.recv"))

    assert "sock.settimeout" in words
    assert "Event" not in words


@pytest.mark.parametrize("sample", [at("time.sleep"), at("", 0.99)])
def test_where_a_loop_can_look_a_flag_is_advised(sample: StackSample) -> None:
    assert "stop = threading.Event()" in told(NO_WAY, sample)
    assert "self.running" in told(NO_WAY._replace(details=""), sample)


def test_a_thread_that_waits_for_its_own_flag_is_not_told_to_have_one() -> None:
    """It looks at it twice a second; only that it may mean more keeps it from being set."""
    waits = NO_WAY._replace(
        details="", stop_means=StopMeans(offers=("sets stop, but others look at it as well",)),
        facts=ThreadFacts(activity=A.EVENT, subject="stop", wakes_at=101.0),
    )  # fmt: skip

    assert told(waits, at("stop.wait")) == ""
    assert "timeout" in told(waits._replace(facts=ThreadFacts(activity=A.READING)), at("c.recv"))
    computes = waits._replace(facts=ThreadFacts(activity=A.COMPUTING))
    assert told(computes, at("", 0.99)) == "A flag that ends it and nothing else would give it a Cancel."


def test_a_thread_that_is_ended_by_a_flag_is_not_told_to_have_one() -> None:
    """It comes back from its call, for all that is known: only if that has no time limit, or if the request has not
    been heeded, is there something to change."""
    good = NO_WAY._replace(why_not_cancellable="", details="", facts=ThreadFacts(activity=A.READING, channel="socket"))

    assert told(good, at("c.recv")) == ""
    assert told(good, at("", 0.99)) == ""
    assert "sock.settimeout" in told(good._replace(facts=ThreadFacts(activity=A.READING, endless=True)), at("c.recv"))
    assert "sock.settimeout" in told(good._replace(state=TaskState.STOPPING, stop_requested_at=80.0), at("c.recv"))


def test_before_the_first_stack_the_facts_tell_whether_a_flag_helps() -> None:
    reads = NO_WAY._replace(facts=ThreadFacts(activity=A.READING, channel="socket"))

    assert told(reads, None) == ""
    assert "Event" in told(NO_WAY._replace(facts=ThreadFacts(activity=A.COMPUTING)), None)


def test_a_task_of_our_own_is_told_of_its_context() -> None:
    own = NO_WAY._replace(origin=None, details="")

    assert told(own, None) == "Let its loop call ctx.checkpoint(), or look at ctx.stop.is_set()."
    assert "ctx.stop.on_stop" in told(own, at("c.recv"))


def test_hostile_advice_becomes_plain_lines() -> None:
    assert "␛" in told(NO_WAY._replace(details="set it\x1b"), at("time.sleep"))


def test_where_nothing_ends_the_thread_the_program_is_named() -> None:
    """With what its Cancel does, and what comes after: SIGTERM, five seconds later."""
    program = row(PROGRAM)
    thread = row(NO_WAY, row(NO_WAY._replace(name="a pool"), program))

    assert program_of(thread) is program
    assert program_of(program) is None
    words = told(NO_WAY, at("c.recv"), program)
    assert words.startswith("The program can be ended: Cancel stuck.py (Ctrl-C), then SIGTERM after 5 s.\n")
    assert "sock.settimeout" in words
    program.snapshot = PROGRAM._replace(
        why_not_cancellable="it ignores Ctrl-C (SIGINT)", stop_means=with_signals(StopMeans(), (TERMINATE, KILL))
    )
    assert way_to_end(program) == "The program can be ended: send SIGTERM to stuck.py."
    program.snapshot = PROGRAM._replace(state=TaskState.STOPPING, stop_requested_at=98.0)
    assert "was asked to end; if it goes on, SIGTERM is offered there in 3" in way_to_end(program)
    program.snapshot = PROGRAM._replace(state=TaskState.STOPPING, stop_requested_at=80.0)
    assert "send SIGTERM to stuck.py" in way_to_end(program)
    assert PROGRAM.stop_means is not None
    tried = PROGRAM.stop_means._replace(sent=((TERMINATE, 90.0),))
    program.snapshot = program.snapshot._replace(stop_means=tried)
    assert "send SIGKILL to stuck.py" in way_to_end(program)
    program.snapshot = PROGRAM._replace(state=TaskState.CANCELLED)
    assert way_to_end(program) == ""


def test_a_thread_that_can_be_cancelled_is_not_led_to_its_program() -> None:
    """Unless it is in a deadlock, or does not heed the request."""
    good = NO_WAY._replace(why_not_cancellable="", details="")

    assert not is_stuck(good)
    assert "stuck.py" not in told(good, at("c.recv"), row(PROGRAM))
    assert is_stuck(good._replace(facts=ThreadFacts(activity=A.LOCK, circle=("quotes", "b"))))
    assert is_stuck(good._replace(state=TaskState.STOPPING, stop_requested_at=80.0))
    assert not is_stuck(NO_WAY._replace(state=TaskState.CANCELLED))


def test_a_program_says_which_of_its_buttons_does_what() -> None:
    deaf = PROGRAM._replace(
        why_not_cancellable="it ignores Ctrl-C (SIGINT)", stop_means=with_signals(StopMeans(), (TERMINATE, KILL))
    )

    assert own_signals(row(deaf)).replace("\u00a0", " ") == (
        "The button Terminate (SIGTERM) asks it to end; it may clean up before it does."
        " If it still runs 5 s later, Kill (SIGKILL) is offered."
    )
    assert own_signals(row(PROGRAM)) == ""  # its Cancel comes first
    assert own_signals(row(NO_WAY)) == ""
    assert own_signals(row(deaf._replace(state=TaskState.CANCELLED))) == ""


def test_a_stack_counts_from_when_the_thread_was_first_seen_there() -> None:
    """Not from the moment at which somebody opened its page."""
    facts = ThreadFacts(activity=A.READING, channel="socket", since=50.0)
    here = NO_WAY._replace(facts=facts)

    assert headline(at("c.recv"), here) == "Blocked in c.recv, stuck.py line 17, for at least 50\u00a0s."
    assert headline(at("c.recv"), NO_WAY) == "Blocked in c.recv, stuck.py line 17, for at least 40\u00a0s."
    moved = here._replace(taken_at=55.0)  # it may have moved between that look and the first of the stack
    assert headline(at("c.recv"), moved) == headline(at("c.recv"), NO_WAY)


def test_what_comes_after_the_flags_of_a_program_is_ctrl_c() -> None:
    """It is offered before SIGTERM, which waits for it: so the parts say, before its Cancel and after."""
    means = with_signals(StopMeans("asks each of its tasks to stop"), (INTERRUPT, TERMINATE, KILL))
    program = row(PROGRAM._replace(stop_means=means))
    assert way_to_end(program) == (
        "The program can be ended: Cancel stuck.py; if it goes on, SIGINT, then SIGTERM after 5\u00a0s."
    )

    program.snapshot = program.snapshot._replace(state=TaskState.STOPPING, stop_requested_at=99.0)
    assert way_to_end(program) == "The program can be ended: send SIGINT to stuck.py."
    way = way_out(program)
    assert way is not None
    assert (way.offer, way.seconds) == (0, 0.0)

    sent = means._replace(sent=((INTERRUPT, 98.0),))
    program.snapshot = program.snapshot._replace(stop_means=sent)
    assert way_to_end(program) == "stuck.py was asked to end; if it goes on, SIGTERM is offered there in 3\u00a0s."


def test_one_that_was_asked_by_its_flag_is_not_told_to_have_one() -> None:
    """It computes elsewhere, and has not come to look at it."""
    asked = NO_WAY._replace(
        state=TaskState.STOPPING, stop_requested_at=70.0, why_not_cancellable="", details="",
        stop_means=StopMeans("sets self.stopped"),
    )  # fmt: skip
    words = told(asked, at("", 0.99))

    assert "It has a way to stop" in words
    assert "Event" not in words
    assert "stop_event" not in words
