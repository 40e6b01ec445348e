"""Threads that wait for each other are told of in one sentence, and only when all of them are there."""

from __future__ import annotations

import re
from typing import cast

from taskmon.bridge.table.ending import WayOut, find_deadlock, holder_of, way_out
from taskmon.bridge.table.rows import TaskRow
from taskmon.core.stacks.facts import Activity, ThreadFacts
from taskmon.core.task.handle import TaskHandle
from taskmon.core.task.ladder import INTERRUPT, KILL, TERMINATE, with_signals
from taskmon.core.task.snapshot import Origin, StopMeans, TaskSnapshot
from taskmon.core.task.state import TaskState


def row(number: int, name: str, circle: tuple[str, ...], wanted: str, pid: int = 7) -> TaskRow:
    activity = Activity.LOCK if wanted else Activity.THREAD
    facts = ThreadFacts(activity=activity, subject=wanted, since=90.0, circle=circle)
    snapshot = TaskSnapshot(
        number, name, TaskState.RUNNING, 1, 100.0, 0.0, origin=Origin("x.py", pid, name, "thread"), facts=facts
    )
    return TaskRow(cast("TaskHandle", None), snapshot, number)


def test_two_threads() -> None:
    found = find_deadlock([
        row(1, "reader", ("reader", "writer"), "cache"), row(2, "writer", ("writer", "reader"), "index"),
    ])  # fmt: skip

    assert found is not None
    assert found.ids == (1, 2)
    assert found.title == "reader and writer wait for each other"
    assert found.sentence.endswith(": reader holds “index” and wants “cache”; writer holds “cache” and wants “index”.")
    assert found.remedy == "Cancelling a thread cannot end it."
    assert found.way is None


def test_since_when_is_told_only_if_the_last_of_them_was_seen_coming() -> None:
    """Of what was attached to when it was in a deadlock already, that is not known."""
    rows = [row(1, "reader", ("reader", "writer"), "cache"), row(2, "writer", ("writer", "reader"), "index")]
    found = find_deadlock(rows)
    assert found is not None
    assert re.match(r"Since \d\d:\d\d:\d\d at least: ", found.sentence)
    facts = rows[1].snapshot.facts
    assert facts is not None
    rows[1].snapshot = rows[1].snapshot._replace(facts=facts._replace(since=91.0, seen_coming=True))
    found = find_deadlock(rows)
    assert found is not None
    assert re.match(r"Since \d\d:\d\d:\d\d: ", found.sentence)


def test_two_locks_of_one_name_are_told_by_who_holds_them() -> None:
    """Each thread calls the one that it waits for `second`: that it holds `second` as well would explain nothing."""
    found = find_deadlock([
        row(1, "reader", ("reader", "writer"), "second"), row(2, "writer", ("writer", "reader"), "second"),
    ])  # fmt: skip

    assert found is not None
    told = "reader wants the lock that writer holds; writer wants the lock that reader holds."
    assert found.sentence.endswith(f": {told}")


def test_what_ctrl_c_does_may_end_the_wait_of_the_main_thread() -> None:
    reader, main = row(1, "reader", ("reader", "x.py"), "cache"), row(2, "x.py", ("x.py", "reader"), "index")
    snapshot = main.snapshot._replace(origin=Origin("x.py", 7, "MainThread", "program"))
    main.snapshot = snapshot._replace(stop_means=StopMeans("interrupts it", signal=INTERRUPT))

    found = find_deadlock([reader, main])
    assert found is not None
    assert found.remedy == "Cancel of x.py may end it, as Ctrl-C may."
    assert found.way == WayOut(2, "x.py", None, INTERRUPT, 0.0)
    main.snapshot = main.snapshot._replace(why_not_cancellable="it ignores Ctrl-C (SIGINT)")
    found = find_deadlock([reader, main])
    assert found is not None
    assert "Cancelling a thread cannot end it" in found.remedy


def test_the_way_out_of_a_deadlock_is_the_end_of_the_program() -> None:
    rows = [row(1, "a", ("a", "b"), "x"), row(2, "b", ("b", "a"), "y")]
    program = row(3, "x.py", (), "")
    program.snapshot = program.snapshot._replace(
        origin=Origin("x.py", 7, "MainThread", "program"),
        stop_means=with_signals(StopMeans("interrupts it", signal=INTERRUPT), (TERMINATE, KILL)),
    )
    for each in rows:
        each.parent = program
    program.children = rows

    found = find_deadlock([program, *rows])

    assert found is not None
    assert found.way == WayOut(3, "x.py", 0, TERMINATE, 0.0)
    assert found.remedy == (
        "Cancelling a thread cannot end it, and Ctrl-C is heard by the main thread alone."
        " The program can be ended: send SIGTERM to x.py."
    )


def test_what_is_firmer_is_offered_after_what_was_tried() -> None:
    """SIGTERM at once, whatever Cancel did; SIGKILL when SIGTERM has had its time. Without a deadlock each in turn."""
    thread, program = row(1, "a", ("a", "b"), "x"), row(3, "x.py", (), "")
    means = with_signals(StopMeans("interrupts it", signal=INTERRUPT), (TERMINATE, KILL))
    program.snapshot = program.snapshot._replace(
        state=TaskState.STOPPING, stop_requested_at=99.0, origin=Origin("x.py", 7, "MainThread", "program"),
        stop_means=means,
    )  # fmt: skip
    program.children = [thread]
    thread.parent = program

    assert way_out(program) == WayOut(3, "x.py", 0, TERMINATE, 0.0)
    program.snapshot = program.snapshot._replace(stop_means=means._replace(sent=((TERMINATE, 98.0),)))
    assert way_out(program) == WayOut(3, "x.py", 1, KILL, 3.0)
    program.snapshot = program.snapshot._replace(stop_means=means)
    thread.snapshot = thread.snapshot._replace(facts=None)
    assert way_out(program) == WayOut(3, "x.py", 0, TERMINATE, 4.0)


def test_namesakes_are_told_apart_by_their_threads() -> None:
    names = ("job (11)", "job (12)")
    rows = [row(1, "job", names, "cache"), row(2, "job", names[::-1], "index")]
    for each, number in zip(rows, (11, 12), strict=True):
        facts = each.snapshot.facts
        assert facts is not None
        each.snapshot = each.snapshot._replace(facts=facts._replace(native_id=number, holder=f"job ({23 - number})"))

    found = find_deadlock(rows)

    assert found is not None
    assert found.title == "job (11) and job (12) wait for each other"
    told = "job (11) holds “index” and wants “cache”; job (12) holds “cache” and wants “index”."
    assert found.sentence.endswith(f": {told}")
    assert holder_of(rows[0], rows) is rows[1]
    assert holder_of(rows[1], rows) is rows[0]


def test_a_join_has_no_lock() -> None:
    found = find_deadlock([row(1, "a", ("a", "b"), ""), row(2, "b", ("b", "a"), "one")])

    assert found is not None
    assert found.sentence.endswith(": a waits for the end of b; b wants “one”.")


def test_one_thread_and_three() -> None:
    alone = find_deadlock([row(1, "a", ("a",), "one")])
    three = find_deadlock([row(n, "abc"[n], tuple("abc"[n:] + "abc"[:n]), "xyz"[n])
                           for n in range(3)])  # fmt: skip

    assert alone is not None
    assert alone.title == "a waits for itself"
    assert three is not None
    assert three.title == "3 threads wait for each other in a circle"
    assert len(three.ids) == 3


def test_namesakes_of_another_program_are_no_part_of_it() -> None:
    assert find_deadlock([row(1, "a", ("a", "b"), "x", pid=7), row(2, "b", ("b", "a"), "y", pid=8)]) is None
    assert find_deadlock([row(1, "a", (), "x")]) is None
