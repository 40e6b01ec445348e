"""The turnstile: busy workers take turns, light ones are not stopped, and nobody is left waiting."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

import pytest

from taskmon.core.run import turnstile as module
from taskmon.core.run.turnstile import Turnstile
from taskmon.core.task import turn as turn_module
from taskmon.core.task.turn import Turn
from tests.helpers.gates import PATIENCE


class Clocks:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.wall = 0.0
        self.processor = 0.0

    def work(self, seconds: float) -> None:
        self.wall += seconds
        self.processor += seconds

    def wait(self, seconds: float) -> None:
        self.wall += seconds


class Context:
    """What a turn knows of its worker."""

    def __init__(self) -> None:
        self._attention = False
        self.in_queue = False
        self.wanted = False

    def _wanted(self) -> bool:
        return self.wanted

    def _enter_queue(self) -> None:
        self.in_queue = True

    def _leave_queue(self) -> None:
        self.in_queue = False


class Walker(threading.Thread):
    """A worker that makes one step, through its checkpoint, each time it is told to."""

    def __init__(self, gate: Turnstile) -> None:
        super().__init__(daemon=True)
        self.context = Context()
        self.turn: Turn = gate.admit(self.context)
        self.steps = 0
        self._go = threading.Semaphore(0)
        self._done = threading.Semaphore(0)
        self._ended = False
        self.start()

    def run(self) -> None:
        while True:
            self._go.acquire()
            if self._ended:
                return
            self.turn.step()
            self.steps += 1
            self._done.release()

    def step(self) -> None:
        """Make a step that may have to wait."""
        self._go.release()

    def stepped(self) -> None:
        """Wait until the step is made."""
        assert self._done.acquire(timeout=20)

    def is_waiting(self) -> bool:
        """Whether it stands in the queue."""
        return self.turn.parked

    def end(self) -> None:
        self._ended = True
        self.turn.let_through()
        self._go.release()
        self.join(20)


@pytest.fixture(autouse=True)
def _no_wait_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever goes on has been let go on, and not been freed by the wait's own limit."""
    monkeypatch.setattr(turn_module, "_LONGEST_WAIT", 600.0)


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def gate(clocks: Clocks) -> Iterator[Turnstile]:
    gate = Turnstile(lambda: clocks.wall, lambda: clocks.processor)
    yield gate
    gate.disband()  # which gives Python its switch interval back


Make = Callable[[int], list[Walker]]


@pytest.fixture
def walkers(gate: Turnstile) -> Iterator[Make]:
    """Makes walkers, and ends them."""
    made: list[Walker] = []

    def make(count: int) -> list[Walker]:
        made.extend(Walker(gate) for _ in range(count))
        return made[-count:]

    yield make
    for walker in made:
        walker.end()


def until(condition: Callable[[], object]) -> None:
    """Let other threads run until `condition` holds."""
    tick = threading.Event()
    for _ in range(20_000):
        if condition():
            return
        tick.wait(0.001)
    pytest.fail("it did not come to pass")


def test_the_first_two_start_at_once_and_the_others_queue(gate: Turnstile, walkers: Make) -> None:
    """Workers never start ungated: of a burst of five, two go and three wait for the frame."""
    five = walkers(5)
    for walker in five[:2]:
        walker.step()
        walker.stepped()
    for walker in five[2:]:
        walker.step()
    until(lambda: gate.waiting == 3)

    assert [walker.steps for walker in five] == [1, 1, 0, 0, 0]


def test_a_frame_hands_the_places_on(gate: Turnstile, walkers: Make) -> None:
    """At each frame those who ran join the end of the queue, and the first of it run: everybody gets a turn."""
    four = walkers(4)
    for walker in four[:2]:
        walker.step()
        walker.stepped()
    for walker in four[2:]:
        walker.step()
    until(lambda: gate.waiting == 2)

    gate.close()
    for walker in four[:2]:
        walker.step()  # ends the step that is measured
    until(lambda: gate.waiting >= 2)
    gate.open(0.004)

    for walker in four[2:]:
        walker.stepped()
    assert all(walker.steps >= 1 for walker in four)


def test_a_calm_window_lets_everybody_through(gate: Turnstile, walkers: Make) -> None:
    """Two, four, eight: after a few calm frames nobody is stopped any more, and nobody is left in the queue."""
    ten = walkers(10)
    for walker in ten:
        walker.step()
    until(lambda: gate.waiting == 8)

    for _ in range(4):
        gate.close()
        gate.open(0.0)

    for walker in ten:
        walker.stepped()
    assert gate.limit is None
    assert gate.waiting == 0


def test_a_late_window_holds_back_nearly_all(gate: Turnstile, walkers: Make) -> None:
    """When the window is late although nobody is stopped, two may run; late again, one."""
    walkers(10)
    gate.limit = None

    gate.open(0.05)
    first = gate.limit
    gate.open(0.05)

    assert (first, gate.limit) == (2, 1)
    gate.open(0.05)
    assert gate.limit == 1, "one always runs"


def test_calm_brings_places_back_slowly(gate: Turnstile, walkers: Make) -> None:
    """After the window was late, a place comes back for a second of calm."""
    walkers(10)
    gate.limit = 8
    gate.open(0.05)

    for _ in range(module._PATIENCE):
        gate.open(0.0)

    assert gate.limit == 5


def test_a_window_whose_workers_all_wait_for_something_else_opens_the_turnstile(gate: Turnstile, walkers: Make) -> None:
    """However unsteady the window is: nobody is held back, so nothing need tick for them."""
    many = walkers(8)

    for _ in range(2 * module._FRAMES_TRUSTED + 2):
        gate.close()
        gate.open(module.LATE - 0.001)

    assert gate.limit is None
    assert not any(walker.is_waiting() for walker in many)


def test_one_that_comes_again_and_again_keeps_the_turnstile_limited(
    gate: Turnstile, clocks: Clocks, walkers: Make
) -> None:
    busy, *_ = walkers(8)
    for _ in range(module._FRAMES_TRUSTED + 1):  # the others do not come, and count no more
        gate.close()
        gate.open(module.LATE - 0.001)

    for _ in range(3 * module._FRAMES_TRUSTED):
        gate.close()
        clocks.work(0.01)
        busy.step()
        until(lambda: gate.waiting == 1)
        gate.open(module.LATE - 0.001)
        busy.stepped()

    assert gate.limit == 2


def test_a_light_worker_is_not_stopped_and_gives_its_place_on(gate: Turnstile, clocks: Clocks, walkers: Make) -> None:
    """One step tells: it took longer than it used the processor. The next in the queue goes on at once."""
    gate.limit = 1
    light, other = walkers(2)
    gate._places.extend([None])
    light.step()
    light.stepped()
    other.step()
    until(lambda: gate.waiting == 1)

    clocks.wait(0.010)
    light.step()
    light.stepped()

    assert not light.turn.busy
    other.stepped()
    gate.close()
    light.step()
    until(lambda: gate._audience)
    assert gate.waiting == 0
    gate.open(0.004)
    light.stepped()
    assert not light.is_waiting()


def test_a_light_worker_waits_for_the_end_of_the_frame_and_nothing_else(
    gate: Turnstile, clocks: Clocks, walkers: Make
) -> None:
    light, *busy = walkers(4)
    light.step()
    light.stepped()
    clocks.wait(0.5)
    light.step()
    light.stepped()
    assert not light.turn.busy

    gate.close()
    for walker in (light, *busy):
        walker.step()
    until(lambda: gate._audience and gate.waiting == 3)
    gate.open(0.05)

    light.stepped()
    assert gate.limit == 1
    assert gate.waiting == 2, "of the busy ones, one has a turn"


def test_a_busy_step_is_busy_however_often_it_was_interrupted(gate: Turnstile, clocks: Clocks, walkers: Make) -> None:
    """A long step beside many others takes much longer than it computes; it is busy all the same."""
    (walker,) = walkers(1)
    gate.limit = 1
    gate._places.extend([None])
    walker.step()
    walker.stepped()

    clocks.work(0.005)
    clocks.wait(0.300)
    walker.step()
    walker.stepped()

    assert walker.turn.busy


def test_a_light_worker_that_becomes_busy_is_found_out(gate: Turnstile, clocks: Clocks, walkers: Make) -> None:
    """Light is a finding of the last frame, not for life."""
    gate.limit = 1
    (walker,) = walkers(1)
    walker.turn.busy = False
    gate.close()
    walker.step()  # a new frame: a step is measured
    until(lambda: gate._audience)
    gate.open(0.004)
    walker.stepped()
    clocks.work(0.004)
    walker.step()
    walker.stepped()

    assert walker.turn.busy


def test_between_frames_the_places_go_round(gate: Turnstile, clocks: Clocks, walkers: Make) -> None:
    """With one place and many busy workers, each has its turn within a few pulses, not after a frame each."""
    three = walkers(3)
    gate.limit = 1
    gate._places.clear()
    gate._places.append(None)
    three[0].step()
    three[0].stepped()
    for number, walker in enumerate(three[1:], 1):
        walker.step()
        until(lambda number=number: gate.waiting == number)  # type: ignore[misc]

    for runs, follows in ((0, 1), (1, 2), (2, 0)):
        gate.rotate()
        clocks.work(0.005)
        three[runs].step()  # its next checkpoint
        three[follows].stepped()

    assert gate.waiting == 2
    assert sum(walker.context.in_queue for walker in three) == 2


def test_those_who_still_run_count(gate: Turnstile, clocks: Clocks, walkers: Make) -> None:
    """A frame that is over before the one who ran could queue lets nobody else through; but not for ever."""
    runs, waits = walkers(2)
    gate.limit = 1
    gate._places.clear()
    gate._places.append(None)
    runs.step()
    runs.stepped()
    waits.step()
    until(lambda: gate.waiting == 1)

    gate.close()
    gate.open(0.004)
    assert waits.is_waiting()
    for _ in range(module._FRAMES_TRUSTED):
        gate.close()
        gate.open(0.004)

    waits.stepped()


def test_the_switch_interval_is_lowered_while_there_are_workers(gate: Turnstile, walkers: Make) -> None:
    """From the first one's start to the last one's end; then it is what it was."""
    before = sys.getswitchinterval()
    one, two = walkers(2)
    during = sys.getswitchinterval()
    gate.dismiss(one.turn)
    still = sys.getswitchinterval()
    gate.dismiss(two.turn)

    assert (during, still) == (module.SWITCH_INTERVAL, module.SWITCH_INTERVAL)
    assert sys.getswitchinterval() == before

    walkers(1)
    gate.disband()
    assert sys.getswitchinterval() == before


def prove_light(walker: Walker, clocks: Clocks) -> None:
    """Let it make a step of which it waits most of the time."""
    walker.step()
    walker.stepped()
    clocks.wait(0.010)
    walker.step()
    walker.stepped()
    assert not walker.turn.busy


def test_where_all_are_light_the_switch_interval_is_what_it_was(gate: Turnstile, clocks: Clocks, walkers: Make) -> None:
    """Many that wake often would break into a frame, and into each other. Whoever is not known may be busy."""
    before = sys.getswitchinterval()
    one, two = walkers(2)
    prove_light(one, clocks)
    gate.open(0.004)
    known_of_one = sys.getswitchinterval()
    prove_light(two, clocks)
    gate.open(0.004)
    known_of_both = sys.getswitchinterval()
    walkers(1)

    assert (known_of_one, known_of_both) == (module.SWITCH_INTERVAL, before)
    assert sys.getswitchinterval() == module.SWITCH_INTERVAL


def test_one_that_has_become_busy_has_the_switch_interval_short_again(
    gate: Turnstile, clocks: Clocks, walkers: Make
) -> None:
    (walker,) = walkers(1)
    prove_light(walker, clocks)
    gate.open(0.004)
    assert sys.getswitchinterval() != module.SWITCH_INTERVAL

    walker.turn.busy = True
    gate.open(0.004)

    assert sys.getswitchinterval() == module.SWITCH_INTERVAL


def test_light_workers_alone_wait_for_no_frame_however_unsteady_the_window_is(
    gate: Turnstile, clocks: Clocks, walkers: Make
) -> None:
    (light,) = walkers(1)
    gate.limit = 1
    prove_light(light, clocks)

    for _ in range(module._FRAMES_TRUSTED + 1):
        gate.close()
        light.step()
        until(lambda: gate._audience)
        gate.open(module.LATE - 0.001)
        light.stepped()
        clocks.wait(0.010)
        light.step()  # which ends the step that is measured
        light.stepped()

    assert gate.limit is None


def test_the_end_of_a_task_lets_the_next_through(gate: Turnstile, walkers: Make) -> None:
    """Thousands of short tasks must not wait for a frame each."""
    gate.limit = 1
    first, second = walkers(2)
    gate._places.extend([None])
    first.step()
    first.stepped()
    second.step()
    until(lambda: gate.waiting == 1)

    gate.dismiss(first.turn)

    second.stepped()
    gate.dismiss(first.turn)
    assert len(gate) == 1


def test_a_stop_takes_a_worker_out_of_the_queue(gate: Turnstile, walkers: Make) -> None:
    """Whoever is asked to stop does not wait for a frame to do so; being let through twice does no harm."""
    gate.limit = 1
    (walker,) = walkers(1)
    walker.step()
    until(walker.is_waiting)

    assert walker.turn.let_through()
    walker.stepped()
    assert not walker.turn.let_through()


def test_nobody_waits_for_a_window_that_is_gone(
    gate: Turnstile, walkers: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If no frame ever comes, the wait ends by itself; when the turnstile is disbanded, at once."""
    monkeypatch.setattr(turn_module, "_LONGEST_WAIT", 0.01)
    gate.limit = 1
    one, two = walkers(2)
    one.step()
    one.stepped()
    monkeypatch.setattr(turn_module, "_LONGEST_WAIT", 600.0)
    two.step()
    until(two.is_waiting)

    gate.disband()

    two.stepped()
    assert gate.limit is None


def test_hammering_it_from_all_sides_leaves_nobody_behind() -> None:
    """Workers that come, step and go while frames close and open and stops are asked for: all of them end."""
    gate = Turnstile()
    stop = threading.Event()
    ended = threading.Semaphore(0)

    def worker(steps: int) -> None:
        context = Context()
        turn = gate.admit(context)
        for _ in range(steps):
            if context._attention:
                context._attention = False
                turn.step()
        gate.dismiss(turn)
        ended.release()

    def frames() -> None:
        lateness = 0.05
        while not stop.is_set():
            gate.close()
            gate.open(lateness)
            lateness = 0.05 - lateness
            stop.wait(0.001)

    def stops() -> None:
        while not stop.is_set():
            for turn in list(gate._turns.copy().values()):
                turn.let_through()
            stop.wait(0.001)

    helpers = [threading.Thread(target=frames), threading.Thread(target=stops)]
    workers = [threading.Thread(target=worker, args=(2000,)) for _ in range(24)]
    for thread in (*helpers, *workers):
        thread.start()
    for _ in workers:
        assert ended.acquire(timeout=60)
    stop.set()
    for thread in (*helpers, *workers):
        thread.join()

    assert len(gate) == 0


def test_a_stop_that_comes_before_the_worker_is_seen_to_wait_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn_module, "_LONGEST_WAIT", PATIENCE)
    gate = Turnstile()

    class Stopped(Context):
        """Asked to stop between the look for that and the queue."""

        def _enter_queue(self) -> None:
            self.wanted = True
            turn.let_through()

    turn = gate.admit(Stopped())
    gate.close()
    began = time.monotonic()
    turn.step()
    assert time.monotonic() - began < PATIENCE
    turn.leave()


def test_a_queue_that_others_empty_at_the_same_time_harms_nobody() -> None:
    class Emptied(deque[Turn]):
        """Its last turn is taken right after somebody has seen it."""

        def __bool__(self) -> bool:
            return True

    Turnstile._let_go(Emptied())
