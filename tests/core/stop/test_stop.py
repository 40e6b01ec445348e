"""Stop sources and tokens: who wins, what runs, in which order, and what is left of it."""

from __future__ import annotations

import contextvars
import gc
import math
import multiprocessing
import sys
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from taskmon.core.stop import StopKind, StopReason, StopSource, StopToken
from taskmon.core.stop.callbacks import Registration
from taskmon.core.stop.deadline import deadlines
from taskmon.core.stop.reason import TaskCancelled
from taskmon.core.task.request import to_stop
from tests.helpers.gates import PATIENCE, Gate, in_threads, wait_until

# -- asking ------------------------------------------------------------------------------------------------------------


def test_the_first_request_wins_and_every_later_one_changes_nothing() -> None:
    """A second request returns False and leaves the first reason in place."""
    source = StopSource()

    assert source.request_stop("enough", by="me", kind=StopKind.USER)
    assert not source.request_stop("again", by="you")

    reason = source.token.reason
    assert reason is not None
    assert (reason.kind, reason.by, reason.text) == (StopKind.USER, "me", "enough")
    assert source.stop_requested
    assert source.token.is_set()
    assert source.token.stop_requested


def test_of_sixteen_threads_that_ask_at_once_exactly_one_is_the_first() -> None:
    """In each of 2 000 rounds, exactly one request returns True."""
    rounds = 2_000
    sources = [StopSource() for _ in range(rounds)]
    barrier = threading.Barrier(16)

    def ask() -> list[bool]:
        answers = []
        for number, source in enumerate(sources):
            if not number % 50:  # meeting for each single source would measure the barrier
                barrier.wait(PATIENCE)
            answers.append(source.request_stop())
        return answers

    answers: list[Any] = in_threads(*[ask] * 16)

    assert [sum(each) for each in zip(*answers, strict=True)] == [1] * rounds


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (StopReason(StopKind.REQUEST, "", "", 0), "asked to stop"),
        (StopReason(StopKind.REQUEST, "Backup", "", 0), "asked to stop by Backup"),
        (StopReason(StopKind.USER, "window", "no longer needed", 0), "cancelled by the user: no longer needed"),
        (StopReason(StopKind.SHUTDOWN, "SIGTERM", "", 0), "the program is quitting (SIGTERM)"),
        (StopReason(StopKind.SHUTDOWN, "", "it was on hold", 0), "its runner was shut down: it was on hold"),
        (StopReason(StopKind.DEADLINE, "", "deadline of 5 s", 0), "its time was up: deadline of 5 s"),
    ],
)
def test_a_reason_is_told_in_words(reason: StopReason, sentence: str) -> None:
    """The sentence names kind, asker and text, as far as they are known; so does the exception."""
    assert reason.sentence() == sentence
    assert str(TaskCancelled(reason)) == sentence


class _Raises:
    def __str__(self) -> str:
        raise SystemExit(3)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (None, "asked to stop"),
        ("", "asked to stop"),
        (" \n\t", "asked to stop"),
        (" enough\n", "asked to stop: enough"),
        ("two\nlines", "asked to stop: two\nlines"),
        (ValueError("too slow"), "asked to stop: too slow"),
        (7, "asked to stop: 7"),
        (_Raises(), "asked to stop"),
        ("x" * 100_000, "asked to stop: " + "x" * 4_096),
    ],
    ids=["none", "empty", "white", "around", "lines", "error", "number", "raises", "huge"],
)
@pytest.mark.parametrize("ask", ["source", "task"])
def test_whatever_is_given_for_a_reason_is_told_in_words(ask: str, given: Any, sentence: str) -> None:
    if ask == "source":
        source = StopSource()
        source.request_stop(given, by=None)  # type: ignore[arg-type]
        reason = source.token.reason
    else:
        reason = to_stop(given, by=None).reason  # type: ignore[arg-type]

    assert reason is not None
    assert reason.sentence() == sentence


def test_a_kind_that_is_none_is_refused_where_it_is_given() -> None:
    source = StopSource()
    with pytest.raises(ValueError, match="gone"):
        source.request_stop(kind="gone")  # type: ignore[arg-type]
    assert source.request_stop(kind="user")  # type: ignore[arg-type]  # by its value it is one
    assert source.token.reason.kind is StopKind.USER  # type: ignore[union-attr]


def test_one_that_is_raised_with_words_of_its_own_says_these() -> None:
    """A program may raise one for a reason that nobody asked for."""
    assert str(TaskCancelled("mine")) == "mine"  # type: ignore[arg-type]


# -- looking -----------------------------------------------------------------------------------------------------------


def test_check_raises_each_time_once_stopped() -> None:
    """A stop is level-triggered: swallowing it once does not make it go away."""
    source = StopSource()
    source.token.check()
    source.request_stop("now")

    for _ in range(3):
        with pytest.raises(TaskCancelled, match="now"):
            source.token.check()


def test_a_waiting_thread_is_woken() -> None:
    """wait() without a timeout returns True once a stop is requested."""
    source = StopSource()
    with Gate() as gate:

        def wait() -> bool:
            gate.pass_through()
            return source.token.wait()

        def ask() -> bool:
            gate.await_arrival()
            gate.open()
            return source.request_stop()

        assert in_threads(wait, ask) == [True, True]


def test_no_request_slips_past_a_thread_that_begins_to_wait() -> None:
    """In 2 000 rounds of wait() against request_stop(), no waiter is left asleep."""
    for _ in range(20):
        sources = [StopSource() for _ in range(100)]
        outcomes = in_threads(
            lambda s=sources: all(source.token.wait(PATIENCE) for source in s),  # type: ignore[misc]
            lambda s=sources: all(source.request_stop() for source in s),  # type: ignore[misc]
        )
        assert outcomes == [True, True]


@pytest.mark.parametrize("timeout", [0, -1, -math.inf, 1e-9])
def test_a_short_wait_tells_that_nobody_asked(timeout: float) -> None:
    """A timeout that has passed gives False; negative ones do not wait."""
    assert StopSource().token.wait(timeout) is False


@pytest.mark.parametrize("timeout", [None, math.inf, 1e10, 1e300, threading.TIMEOUT_MAX * 2])
def test_a_wait_of_any_length_is_ended_by_a_stop(timeout: float | None) -> None:
    """Timeouts beyond what the platform can wait for are waits like others."""
    source = StopSource()
    with Gate() as gate:

        def ask() -> None:
            gate.await_arrival()
            gate.open()
            source.request_stop()

        def wait() -> bool:
            gate.pass_through()
            return source.token.wait(timeout)

        assert in_threads(wait, ask) == [True, None]


def test_a_timeout_that_is_no_number_is_refused() -> None:
    """nan would wait or not, depending on the state; it raises in both."""
    source = StopSource()
    for _ in range(2):
        with pytest.raises(ValueError, match="nan"):
            source.token.wait(math.nan)
        source.request_stop()


def test_sleep_ends_with_the_stop_and_raises() -> None:
    """sleep() is wait() and check() in one."""
    source = StopSource()
    source.token.sleep(0)
    source.request_stop()

    with pytest.raises(TaskCancelled):
        source.token.sleep(PATIENCE)


# -- callbacks ---------------------------------------------------------------------------------------------------------


def test_either_unregistering_prevents_a_callback_or_it_runs() -> None:
    """The .NET race: in 10 000 rounds of unregister against stop, there is exactly one winner."""
    rounds = 10_000
    ran = bytearray(rounds)
    sources = [StopSource() for _ in range(rounds)]
    registrations = [
        source.token.on_stop(lambda number=number: ran.__setitem__(number, ran[number] + 1))  # type: ignore[misc]
        for number, source in enumerate(sources)
    ]
    barrier = threading.Barrier(2)

    def each(act: Any, things: list[Any]) -> list[bool]:
        answers = []
        for number, thing in enumerate(things):
            if not number % 10:
                barrier.wait(PATIENCE)
            answers.append(act(thing))
        return answers

    prevented, _ = in_threads(
        lambda: each(Registration.unregister, registrations), lambda: each(StopSource.request_stop, sources)
    )

    assert isinstance(prevented, list)
    assert all(a != b for a, b in zip(prevented, map(bool, ran), strict=True))
    assert set(ran) <= {0, 1}


def test_callbacks_run_newest_first() -> None:
    """The last one in is the first one out, as in .NET."""
    source, order = StopSource(), list[int]()
    for number in range(5):
        source.token.on_stop(lambda number=number: order.append(number))  # type: ignore[misc]

    source.request_stop()

    assert order == [4, 3, 2, 1, 0]


def test_the_same_callable_registered_twice_runs_twice() -> None:
    """Registrations are told apart, not their callables; each can be taken back alone."""
    source, runs = StopSource(), list[int]()

    def callback() -> None:
        runs.append(1)

    source.token.on_stop(callback)
    source.token.on_stop(callback)
    assert source.token.on_stop(callback).unregister()
    source.request_stop()

    assert len(runs) == 2


def test_a_late_callback_runs_at_once_in_the_registering_thread() -> None:
    """Whoever registers after the stop has not missed it."""
    source, ran_in = StopSource(), list[int]()
    source.request_stop()

    registration = source.token.on_stop(lambda: ran_in.append(threading.get_ident()))

    assert ran_in == [threading.get_ident()]
    assert not registration.unregister()


def test_a_callback_may_register_another() -> None:
    """Registering inside a callback runs the new one at once; nothing deadlocks."""
    source, order = StopSource(), list[str]()

    def outer() -> None:
        source.token.on_stop(lambda: order.append("inner"))
        order.append("outer")

    source.token.on_stop(outer)
    source.request_stop()

    assert order == ["inner", "outer"]


def test_a_callback_may_unregister_itself_and_others() -> None:
    """Itself it is too late for; one that still waits is prevented."""
    source, answers = StopSource(), list[bool]()
    older = source.token.on_stop(lambda: answers.append(True))
    registration: Registration

    def callback() -> None:
        answers.append(registration.unregister())
        assert older.unregister()

    registration = source.token.on_stop(callback)
    source.request_stop()

    assert answers == [False]


def test_a_callback_may_ask_again() -> None:
    """A nested request returns False and does not deadlock."""
    source, answers = StopSource(), list[bool]()
    source.token.on_stop(lambda: answers.append(source.request_stop("nested")))

    assert source.request_stop("outer")

    assert answers == [False]
    assert source.token.reason is not None
    assert source.token.reason.text == "outer"


def test_a_raising_callback_stops_no_other(expected_log: Any) -> None:
    """It is logged; the rest run, and the request returns True."""
    expected_log("Stop callback")
    source, runs = StopSource(), list[int]()

    def bad() -> None:
        raise SystemExit(3)

    source.token.on_stop(lambda: runs.append(1))
    source.token.on_stop(bad)
    source.token.on_stop(lambda: runs.append(2))

    assert source.request_stop()
    assert runs == [2, 1]


def test_ctrl_c_in_a_callback_reaches_the_caller_after_the_others_ran() -> None:
    """It hit this thread by chance: nothing may be lost for it, and it may not be lost."""
    source, runs = StopSource(), list[int]()

    def interrupted() -> None:
        raise KeyboardInterrupt

    source.token.on_stop(lambda: runs.append(1))
    source.token.on_stop(interrupted)

    with pytest.raises(KeyboardInterrupt):
        source.request_stop()
    assert runs == [1]


def test_leaving_the_block_takes_the_callback_back() -> None:
    """A registration covers its ``with`` block and nothing after it."""
    source, runs = StopSource(), list[int]()
    with source.token.on_stop(lambda: runs.append(1)):
        pass
    source.request_stop()

    assert runs == []


def test_leaving_the_block_waits_for_a_callback_that_runs_in_another_thread() -> None:
    """What the callback touches may be torn down after the block; unregister() alone does not wait."""
    source, gate, order = StopSource(), Gate(), list[str]()

    def callback() -> None:
        gate.pass_through()
        order.append("callback")

    def leave() -> None:
        with source.token.on_stop(callback) as registration:
            asked.set()
            gate.await_arrival()
            assert not registration.unregister()
            assert order == []
            opener.start()
        order.append("left")

    asked = threading.Event()
    opener = threading.Thread(target=gate.open)

    def ask() -> bool:
        assert asked.wait(PATIENCE)
        return source.request_stop()

    assert in_threads(leave, ask) == [None, True]
    opener.join(PATIENCE)
    assert order == ["callback", "left"]


def test_leaving_the_block_inside_its_own_callback_does_not_wait() -> None:
    """It would wait for itself."""
    source, left = StopSource(), list[bool]()
    registration: Registration

    def callback() -> None:
        with registration:
            pass
        left.append(True)

    registration = source.token.on_stop(callback)
    source.request_stop()

    assert left == [True]


def test_callbacks_see_the_context_variables_of_who_registered() -> None:
    """Not those of the thread that happens to ask."""
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")
    source, seen = StopSource(), list[str]()
    variable.set("registered")
    source.token.on_stop(lambda: seen.append(variable.get()))
    variable.set("changed since")

    in_threads(source.request_stop)

    assert seen == ["registered"]


def test_a_used_registration_keeps_nothing_alive() -> None:
    """Neither what ran nor what was taken back is referred to any longer."""

    class Resource:
        def close(self) -> None:
            pass

    source = StopSource()
    resources = [Resource(), Resource()]
    references = [weakref.ref(resource) for resource in resources]
    registrations = [source.token.on_stop(resource.close) for resource in resources]
    registrations[0].unregister()
    source.request_stop()
    del resources

    assert [reference() for reference in references] == [None, None]


def test_dispatch_takes_the_callbacks_elsewhere() -> None:
    """The flag is set at once; foreign code runs where the dispatcher says."""
    source, runs, later = StopSource(), list[int](), list[Any]()
    source.token.on_stop(lambda: runs.append(1))

    assert source.request_stop(dispatch=later.append)
    assert source.token.is_set()
    assert runs == []

    later[0]()
    assert runs == [1]


# -- links -------------------------------------------------------------------------------------------------------------


def test_a_child_stops_with_its_parent_for_the_same_reason_and_never_the_other_way_round() -> None:
    """Reasons are handed down a tree unchanged; a sibling is not touched."""
    root = StopSource()
    child = StopSource.linked(root.token)
    sibling = StopSource.linked(root.token)
    grandchild = StopSource.linked(child.token)

    child.request_stop("only here")
    assert grandchild.token.reason is child.token.reason
    assert not root.token.is_set()
    assert not sibling.token.is_set()

    root.request_stop("everywhere")
    assert sibling.token.reason is root.token.reason
    assert child.token.reason is not root.token.reason


def test_any_of_several_parents_is_enough() -> None:
    """Linked to three, stopped by one; by the first, if two have stopped."""
    parents = [StopSource() for _ in range(3)]
    parents[1].request_stop("second")
    parents[2].request_stop("third")

    child = StopSource.linked(*(parent.token for parent in parents))

    assert child.token.reason is parents[1].token.reason


def test_all_flags_of_a_tree_are_set_before_the_first_callback() -> None:
    """A callback that looks around sees the whole tree stopped."""
    root = StopSource()
    inner = [StopSource.linked(root.token) for _ in range(3)]
    inner += [StopSource.linked(source.token) for source in inner]
    seen = list[bool]()
    root.token.on_stop(lambda: seen.append(all(source.token.is_set() for source in inner)))

    root.request_stop()

    assert seen == [True]


def test_a_very_deep_tree_stops_and_is_freed() -> None:
    """Neither the request nor the deallocation recurses."""
    root = StopSource()
    sources = [root]
    for _ in range(20_000):
        sources.append(StopSource.linked(sources[-1].token))
    assert sources[-1].token.deadline is None

    root.request_stop()

    assert sources[-1].token.is_set()
    last = weakref.ref(sources[-1].token)
    sources.clear()
    gc.collect()
    assert last() is None


@pytest.mark.parametrize("closed", [True, False], ids=["closed", "dropped"])
def test_finished_children_leave_nothing_on_a_parent_that_lives_on(closed: bool) -> None:
    """100 000 children come and go; the parent keeps no entry and no reference."""
    parent = StopSource()
    for _ in range(100_000):
        child = StopSource.linked(parent.token)
        if closed:
            child.close()
    del child
    gc.collect()

    assert not parent.token._children


def test_links_that_come_go_and_stop_at_once_lose_nobody() -> None:
    """While children are linked and dropped in four threads, a stop reaches every one that is left."""
    for _ in range(30):
        parent = StopSource()

        def link(parent: StopSource = parent) -> list[StopSource]:
            return [StopSource.linked(parent.token) for number in range(200)][::2]

        *children, first = in_threads(link, link, link, link, parent.request_stop)
        assert first is True
        assert all(child.token.is_set() for some in children for child in some)  # type: ignore[attr-defined]


def test_a_closed_source_no_longer_follows_but_can_be_asked() -> None:
    """close() leaves the parents; it is idempotent, and what a ``with`` block does."""
    parent = StopSource()
    with StopSource.linked(parent.token) as child:
        pass
    child.close()

    parent.request_stop()
    assert not child.token.is_set()
    assert child.request_stop()


# -- deadlines ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("timeout", "deadline"), [(0, None), (None, 0.0), (None, -math.inf), (1000, 1.0)])
def test_a_deadline_that_has_passed_stops_at_once(timeout: float | None, deadline: float | None) -> None:
    """No thread is needed for that, and the reason says so."""
    source = StopSource(timeout=timeout, deadline=deadline)

    assert source.token.reason is not None
    assert source.token.reason.kind is StopKind.DEADLINE


@pytest.fixture
def time_passes(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """`time_passes(seconds)`: what is due by then is done, and none of the seconds is waited for."""

    def pass_by(seconds: float) -> None:
        monkeypatch.setattr(deadlines, "clock", lambda: time.monotonic() + seconds)
        deadlines.run_due()

    return pass_by


def test_a_deadline_asks_by_itself() -> None:
    """A source with a timeout stops without anybody's doing."""
    with StopSource(timeout=0.005) as source:
        assert source.token.wait(PATIENCE)
    assert source.token.reason is not None
    assert source.token.reason.sentence() == "its time was up: deadline of 0.005 s"


@pytest.mark.parametrize("timeout", [-1, -1e-9, math.nan, -math.inf])
def test_a_timeout_that_makes_no_sense_is_refused(timeout: float) -> None:
    """Negative and nan timeouts raise, in every place that takes one."""
    with pytest.raises(ValueError, match="timeout"):
        StopSource(timeout=timeout)
    with pytest.raises(ValueError, match="timeout"):
        StopSource.linked(timeout=timeout)
    with pytest.raises(ValueError, match="timeout"):
        StopSource().stop_after(timeout)
    with pytest.raises(ValueError, match="deadline"):
        StopSource(deadline=math.nan)


@pytest.mark.parametrize("timeout", [math.inf, 1e300, 1e12])
def test_a_huge_timeout_is_no_trouble(timeout: float) -> None:
    """Ten years from now nobody remembers; until then nothing overflows."""
    with StopSource(timeout=timeout) as source:
        assert not source.token.is_set()


def test_the_earliest_deadline_of_all_counts() -> None:
    """The effective deadline is the least of the own and the parents'."""
    now = time.monotonic()
    with (
        StopSource(deadline=now + 1000) as late,
        StopSource(deadline=now + 500) as early,
        StopSource.linked(late.token, early.token, deadline=now + 700) as both,
        StopSource.linked(late.token, deadline=now + 700) as own,
    ):
        assert both.token.deadline == now + 500
        assert own.token.deadline == now + 700
        assert StopSource.linked(both.token).token.deadline == now + 500
        assert StopSource().token.deadline is None


def test_a_parent_that_gets_more_time_leaves_its_child_its_own_deadline(
    time_passes: Callable[[float], None],
) -> None:
    """A child is not left without a deadline because its parent's was once the earlier one."""
    parent = StopSource(timeout=2000)
    child = StopSource.linked(parent.token, timeout=3000)
    parent.stop_after(10_000)

    time_passes(5000)
    assert child.token.wait(PATIENCE)
    assert not parent.token.is_set()
    parent.close()


def test_a_later_deadline_replaces_the_earlier_one(time_passes: Callable[[float], None]) -> None:
    """stop_after() counts from now and forgets what was set before; from several threads at once, too."""
    source = StopSource(timeout=2000)
    in_threads(*[lambda: source.stop_after(10_000)] * 8)

    time_passes(5000)
    assert not source.token.is_set()
    source.close()
    assert source.token.deadline is None


def test_a_pending_deadline_does_not_keep_a_forgotten_source_alive() -> None:
    """Nor does a forgotten source keep the deadline waiting for an hour."""
    source = StopSource(timeout=3600)
    token = weakref.ref(source.token)
    del source

    assert token() is None
    assert len(deadlines) == 0
    StopSource(timeout=3600).close()  # wakes the thread, which finds nothing to wait for
    wait_until(lambda: not deadlines._running, "the end of the deadline thread")


def test_a_stop_lets_go_of_the_deadline() -> None:
    """A source that was asked needs no alarm any longer, nor does one whose parent was."""
    source = StopSource(timeout=3600)
    child = StopSource.linked(source.token, timeout=3600)
    source.request_stop()

    assert child.token.is_set()
    assert len(deadlines) == 0


# -- shields -----------------------------------------------------------------------------------------------------------


def test_a_shield_holds_off_the_check_in_its_own_thread() -> None:
    """The token reads as stopped; check() is silent inside, raises after, and always did in other threads."""
    source = StopSource()
    with source.token.shield("renaming"):
        source.request_stop()
        source.token.check()
        source.token.sleep(0)
        assert source.token.is_set()
        assert source.token.shield_text == "renaming"
        (outcome,) = in_threads(source.token.check)
        assert isinstance(outcome, TaskCancelled)

    assert source.token.shield_text is None
    with pytest.raises(TaskCancelled):
        source.token.check()


def test_shields_nest() -> None:
    """The innermost text is shown; the outer one still shields after the inner one ended, by an error as well."""
    token = StopSource().token
    with token.shield("outer"):
        try:
            with token.shield("inner"):
                assert token.shield_text == "inner"
                raise KeyError
        except KeyError:
            pass
        assert token.shield_text == "outer"
    assert token.shield_text is None


def test_shield_texts_are_read_while_shields_come_and_go() -> None:
    """A reader in another thread never trips over a shield that is just being left."""
    token = StopSource().token
    done = threading.Event()

    def work() -> None:
        for _ in range(3_000):
            with token.shield("a"), token.shield("b"):
                pass
        done.set()

    def read() -> set[str | None]:
        seen = set()
        while not done.is_set():
            seen.add(token.shield_text)
        return seen

    _, seen = in_threads(work, read)
    assert isinstance(seen, set)
    assert seen <= {None, "a", "b"}


# -- tokens from elsewhere ---------------------------------------------------------------------------------------------


def test_the_token_that_never_stops() -> None:
    """It can be passed wherever a token is wanted, collects nothing, and its callbacks never run."""
    never = StopToken.none()
    registration = never.on_stop(lambda: pytest.fail("nobody can ask"))

    never.check()
    assert not never.is_set()
    assert never.wait(0) is False
    assert never is StopToken.none()
    assert registration.unregister()
    assert StopSource.linked(never).request_stop()
    assert not never._callbacks
    assert not never._children


def test_an_event_is_adopted_as_it_is() -> None:
    """Setting the event stops the token, without a thread; adopting it again gives the same token."""
    event = threading.Event()
    before = threading.active_count()
    token = StopToken.from_event(event)

    assert StopToken.from_event(event) is token
    assert threading.active_count() == before
    event.set()
    assert token.is_set()
    event.clear()
    assert token.is_set()
    assert StopToken.from_event(token) is token


def test_an_event_adopted_by_many_threads_has_one_token() -> None:
    """None of them is left with a token that never stops."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(200):
            event = threading.Event()
            tokens = in_threads(*[lambda event=event: StopToken.from_event(event)] * 4)
            assert len({id(token) for token in tokens}) == 1
    finally:
        sys.setswitchinterval(interval)


def test_an_event_that_is_set_already_gives_a_stopped_token() -> None:
    """Adopting comes too late for nobody."""
    event = threading.Event()
    event.set()

    assert StopToken.from_event(event).is_set()


def test_an_event_that_overrides_set_still_does_what_it_did() -> None:
    """The method of a subclass, and one that was put on the instance before, are called, too."""

    class Loud(threading.Event):
        said = 0

        def set(self) -> None:
            self.said += 1
            super().set()

    loud, patched, heard = Loud(), threading.Event(), list[int]()
    original = patched.set

    def set_and_tell() -> None:
        heard.append(1)
        original()

    patched.set = set_and_tell  # type: ignore[method-assign]
    tokens = [StopToken.from_event(loud), StopToken.from_event(patched)]
    loud.set()
    patched.set()

    assert loud.said == 1
    assert heard == [1]
    assert all(token.is_set() for token in tokens)


def test_an_adopted_event_is_freed_without_the_garbage_collector() -> None:
    """The hook makes no reference cycle of it."""
    event = threading.Event()
    StopToken.from_event(event)
    reference = weakref.ref(event)
    gc.disable()
    try:
        del event
        assert reference() is None
    finally:
        gc.enable()


def test_an_event_of_another_process_is_waited_for() -> None:
    """multiprocessing.Event has no hook; a thread waits, one for all who adopt it, and the event can still be sent."""
    import pickle

    event = multiprocessing.get_context("fork").Event()  # which needs no helper process
    token = StopToken.from_event(event)
    assert StopToken.from_event(event) is token
    with pytest.raises(RuntimeError, match="inheritance"):
        pickle.dumps(event)  # the usual refusal, not one of an attribute of ours

    event.set()
    assert token.wait(PATIENCE)


@pytest.mark.parametrize("thing", [None, 1, object(), threading.Lock()])
def test_what_is_no_event_is_refused(thing: object) -> None:
    """A TypeError says what is expected."""
    with pytest.raises(TypeError, match=r"is_set\(\) and wait\(\)"):
        StopToken.from_event(thing)


def test_a_flag_of_other_code_is_set() -> None:
    """mirror_to() writes the attribute that other code looks at, either way round."""

    class Worker:
        stop_flag = False
        running = True

    source, worker = StopSource(), Worker()
    source.token.mirror_to(worker, "stop_flag")
    source.token.mirror_to(worker, "running", value=False)
    source.request_stop()

    assert worker.stop_flag is True
    assert worker.running is False
