"""Looking at the stacks of threads that are really blocked."""

from __future__ import annotations

import os
import queue
import socket
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from taskmon.core.run.runner import TaskRunner
from taskmon.core.stacks import calls, kernel
from taskmon.core.stacks import sampler as stacks
from taskmon.core.stacks.calls import call_at
from taskmon.core.stacks.sampler import MOST_FRAMES, StackSample, StackSampler, is_own
from taskmon.core.task import context
from taskmon.core.task.context import TaskContext
from tests.helpers.gates import PATIENCE, Gate, wait_until


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def blocked(function: Callable[[], object], release: Callable[[], object]) -> Iterator[int]:
    """A thread that runs `function` until `release` is called."""
    thread = threading.Thread(target=function, daemon=True)
    thread.start()
    try:
        assert thread.ident is not None
        yield thread.ident
    finally:
        release()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def sample_in(sampler: StackSampler, thread_id: int, function: str) -> StackSample:
    """Look until the thread's innermost call is `function`."""
    found: list[StackSample] = []

    def there() -> bool:
        sample = sampler.look(thread_id)
        if sample is not None and sample.frames[-1].function == function:
            found.append(sample)
        return bool(found)

    wait_until(there, f"a call of {function}")
    return found[0]


def last_own(sample: StackSample) -> Any:
    return [frame for frame in sample.frames if frame.own][-1]


class TestLooking:
    def test_own_code_is_told_from_the_library(self) -> None:
        """A thread that waits for an event: our function is ours, `threading` is not, the starter is left out."""
        event = threading.Event()

        def wait_here() -> None:
            event.wait()

        with blocked(wait_here, event.set) as thread_id:
            sample = sample_in(StackSampler(), thread_id, "Condition.wait")

        assert [(frame.function.rpartition(".")[2], frame.own) for frame in sample.frames] == [
            ("wait_here", True),
            ("wait", False),
            ("wait", False),
        ]
        own = sample.frames[0]
        assert own.file == __file__
        assert own.line == wait_here.__code__.co_firstlineno + 1
        assert own.call == "event.wait"
        assert sample.frames[-1].call == "waiter.acquire"

    def test_a_thread_that_is_gone_has_no_stack(self) -> None:
        """Neither an unknown id nor that of a thread that has ended is a fault."""
        sampler = StackSampler()
        event = threading.Event()
        with blocked(event.wait, event.set) as thread_id:
            sample_in(sampler, thread_id, "Condition.wait")

        assert sampler.look(thread_id) is None
        assert sampler.look(12345) is None

    def test_unmoved_since_holds_while_the_place_does(self) -> None:
        """The moment stays as long as the innermost call is at the same place, and is a new one when it has moved."""
        clock = Clock()
        sampler = StackSampler(clock)
        first, second = threading.Event(), threading.Event()

        def wait_twice() -> None:
            first.wait()
            second.wait()

        with blocked(wait_twice, lambda: (first.set(), second.set())) as thread_id:
            begin = sample_in(sampler, thread_id, "Condition.wait")
            clock.now = 114.0
            still = sampler.look(thread_id)
            assert still is not None
            assert (still.unmoved_since, still.taken_at) == (begin.unmoved_since, 114.0)
            assert begin.unmoved_since == 100.0

            clock.now = 120.0
            first.set()
            wait_until(lambda: (moved := sampler.look(thread_id)) and last_own(moved).call == "second.wait")
            assert sample_in(sampler, thread_id, "Condition.wait").unmoved_since == 120.0

    @pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel tells on Linux alone")
    def test_one_call_is_told_from_many_at_the_same_place(self) -> None:
        """A thread that has waited twice has given up its processor in between, however alike the looks are."""
        sampler, gate, done = StackSampler(), threading.Lock(), threading.Event()
        gate.acquire()

        def come_again() -> None:
            while not done.is_set():
                gate.acquire()

        def end() -> None:
            done.set()
            with suppress(RuntimeError):  # it has not come again yet: it will get the lock, and see that it is done
                gate.release()

        with blocked(come_again, end) as thread_id:
            wait_until(lambda: (seen := sampler.look(thread_id)) is not None and seen.frames[-1].call == "gate.acquire")
            native = next(each.native_id for each in threading.enumerate() if each.ident == thread_id)
            wait_until(lambda: kernel.system_call(native or 0).name == "futex")  # type: ignore[union-attr]
            sampler.forget(thread_id)
            first, again = sampler.look(thread_id), sampler.look(thread_id)
            assert first is not None
            assert again is not None
            assert (again.unmoved_since, again.one_call) == (first.unmoved_since, True)
            gate.release()
            wait_until(lambda: (seen := sampler.look(thread_id)) is not None and seen.one_call is not True)
            seen = sampler.look(thread_id)
            assert seen is not None
            assert seen.one_call is False or seen.unmoved_since > first.unmoved_since

    def test_a_look_that_takes_long_does_not_make_what_it_saw_last_longer(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Beside many busy threads each file that it reads takes a turn of all of them."""
        event, clock = threading.Event(), Clock()

        def take_two_seconds(native_id: int) -> float:
            clock.now += 2.0
            return 0.0

        with blocked(event.wait, event.set) as thread_id:
            sample_in(StackSampler(), thread_id, "Condition.wait")
            sampler = StackSampler(clock)
            monkeypatch.setattr(stacks, "seconds_in_line", take_two_seconds)
            first = sampler.look(thread_id)
            clock.now += 1.0
            second = sampler.look(thread_id)

        assert first is not None
        assert second is not None
        assert first.taken_at == first.unmoved_since == 102.0
        assert second.unmoved_since == 102.0
        assert second.taken_at == 103.0

    def test_a_call_that_computes_on_is_one_call_though_it_had_waited(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """It has waited for memory or for the interpreter. Code in Python waits at each look, so this is none of it."""
        event = threading.Event()
        clock = Clock()
        used, waits = [5.0], [7]

        with blocked(event.wait, event.set) as thread_id:
            sample_in(StackSampler(), thread_id, "Condition.wait")
            monkeypatch.setattr(stacks, "cpu_seconds", lambda native_id: used[0])
            monkeypatch.setattr(stacks, "voluntary_switches", lambda native_id: waits[0])
            sampler = StackSampler(clock)

            def look(*, share: float, waited: bool) -> tuple[float, bool | None]:
                clock.now += 0.5
                used[0] += 0.5 * share
                waits[0] += waited
                sample = sampler.look(thread_id)
                assert sample is not None
                return sample.unmoved_since, sample.one_call

            assert look(share=0.0, waited=False) == (100.5, True)
            assert [look(share=1.0, waited=True) for _ in range(4)] == [(100.5, False)] * 4
            assert [look(share=1.0, waited=False) for _ in range(5)] == [(100.5, False)] * 5
            assert [look(share=1.0, waited=False) for _ in range(2)] == [(102.5, True)] * 2
            assert look(share=1.0, waited=True) == (100.5, False)
            assert [look(share=0.0, waited=False) for _ in range(12)] == [(100.5, False)] * 12, "a wait like others"

    def test_a_deep_recursion_is_cut_at_its_outer_end(self) -> None:
        """However deep it is, the innermost calls are what tells."""
        event = threading.Event()

        def recurse(depth: int) -> None:
            if depth:
                recurse(depth - 1)
            else:
                event.wait()

        with blocked(lambda: recurse(500), event.set) as thread_id:
            sample = sample_in(StackSampler(), thread_id, "Condition.wait")

        assert len(sample.frames) == MOST_FRAMES
        assert sample.frames[-3].function.endswith("recurse")

    @pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="needs Linux's /proc")
    def test_a_thread_that_waits_uses_no_processor(self) -> None:
        """What is busy is told from what waits by the kernel's own figures."""
        event = threading.Event()
        clock = Clock()
        sampler = StackSampler(clock)
        stop = False

        def spin() -> None:
            while not stop:
                pass

        def end() -> None:
            nonlocal stop
            stop = True

        with blocked(event.wait, event.set) as waiting, blocked(spin, end) as spinning:
            sample_in(sampler, waiting, "Condition.wait")
            sampler.look(spinning)
            clock.now += 0.05
            quiet = sampler.look(waiting)
            assert quiet is not None
            assert quiet.busy == 0.0
            # The clock stands still, so any processor time at all is all of it.
            wait_until(lambda: (busy := sampler.look(spinning)) and _advance(clock) and busy.busy, "use of a processor")

    def test_a_share_goes_back_to_when_the_thread_came_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where many want the processor, one that computes may get nothing of it for as long as a look or two."""
        event = threading.Event()
        clock = Clock()
        used = iter([5.0, 5.2, 5.2, 5.2, *[5.2] * 20])
        shares = []

        with blocked(event.wait, event.set) as thread_id:
            sample_in(StackSampler(), thread_id, "Condition.wait")
            monkeypatch.setattr(stacks, "cpu_seconds", lambda native_id: next(used))
            sampler = StackSampler(clock)
            for _ in range(14):
                sample = sampler.look(thread_id)
                assert sample is not None
                shares.append(sample.busy)
                clock.now += 0.5

        assert shares[:4] == [None, pytest.approx(0.4), pytest.approx(0.2), pytest.approx(0.4 / 3)]
        assert shares[-1] == 0.0, "what was seconds ago says nothing of now"

    def test_standing_in_line_for_a_processor_counts_as_use_of_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Beside other programs that compute, one that does gets a tenth of a processor, and waits for nothing else."""
        event = threading.Event()
        clock = Clock()
        with blocked(event.wait, event.set) as thread_id:
            for in_line, load in ((0.9, 0.8), (0.1, 0.2), (0.0, 0.1), (50.0, 0.8)):  # no more than eight times as much
                used, stood, process = iter([1.0, 1.1]), iter([3.0, 3.0 + in_line]), iter([7.0, 7.1])
                with monkeypatch.context() as patch:
                    patch.setattr(stacks, "cpu_seconds", lambda native_id, used=used: next(used))
                    patch.setattr(stacks, "seconds_in_line", lambda native_id, stood=stood: next(stood))
                    patch.setattr(stacks.time, "process_time", lambda process=process: next(process))
                    sampler = StackSampler(clock)
                    sampler.look(thread_id)
                    clock.now += 1.0
                    sample = sampler.look(thread_id)
                assert sample is not None
                assert (sample.busy, sample.load) == (pytest.approx(0.1), pytest.approx(load))

    def test_files_are_sorted_by_where_they_are(self) -> None:
        """Own: scripts, what was typed in, built-in jobs. Not own: the library, packages, taskmon itself."""
        assert is_own("/home/me/script.py")
        assert is_own("<stdin>", "__main__")
        assert is_own(str(Path(stacks.__file__).parents[2] / "jobs" / "x.py"))
        assert not is_own(threading.__file__)
        assert not is_own(os.path.join(sysconfig.get_path("purelib"), "requests", "api.py"))
        assert not is_own("/usr/lib/python3/dist-packages/yaml/__init__.py")
        assert not is_own("<frozen importlib._bootstrap>")
        assert not is_own(context.__file__)
        assert not is_own("threading.py", "threading"), "as a frozen program names it"


def _advance(clock: Clock) -> bool:
    clock.now += 0.001
    return True


class TestAsking:
    def test_asking_keeps_looking_and_silence_ends_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The first answer is None; later ones grow newer by themselves; the sampler's thread leaves when nobody
        asks."""
        monkeypatch.setattr("taskmon.core.stacks.sampler.PERIOD", 0.005)
        clock = Clock()
        sampler = StackSampler(clock)
        event = threading.Event()
        with blocked(event.wait, event.set) as thread_id:
            assert sampler.ask(thread_id) is None
            wait_until(lambda: sampler.ask(thread_id), "the first look")
            clock.now += 2.0
            wait_until(lambda: (new := sampler.ask(thread_id)) and new.taken_at == clock.now, "a newer look")
            clock.now += stacks.PATIENCE + 1
            wait_until(lambda: not sampler._looking, "the end of the sampler's thread")
            assert sampler.ask(thread_id) is None, "what was known has been dropped"
            wait_until(lambda: sampler.ask(thread_id), "a look after it began anew")
            clock.now += stacks.PATIENCE + 1
            wait_until(lambda: not sampler._looking)

    def test_looking_is_not_asking(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What the sampler's thread looks at by itself does not keep it going, though each look is a recent one."""
        monkeypatch.setattr("taskmon.core.stacks.sampler.PERIOD", 0.0)
        clock = Clock()
        sampler = StackSampler(clock)
        event = threading.Event()
        with blocked(event.wait, event.set) as thread_id:
            wait_until(lambda: sampler.ask(thread_id), "the first look")
            for _ in range(round(stacks.PATIENCE / 0.25)):
                clock.now += 0.25
                wait_until(
                    lambda: (known := sampler._threads.get(thread_id)) is None or known.sample.taken_at == clock.now,
                    "a look, or the end",
                )
            clock.now += 0.25
            wait_until(lambda: not sampler._looking, "the end of the sampler's thread")

    def test_who_may_wait_for_a_look_is_answered_at_once(self) -> None:
        gate = Gate()

        def work(ctx: TaskContext) -> None:
            gate.pass_through()

        with TaskRunner(1) as runner:
            task = runner.start(work)
            waiting = runner.start(work)
            gate.await_arrival()
            sample = task.stack(now=True)
            assert sample is not None
            assert sample.frames[0].function.endswith("work")
            assert waiting.stack(now=True) is None
            gate.open()
            task.result(PATIENCE)
            assert task.stack(now=True) is None
        wait_until(lambda: not stacks.sampler._looking, "the end of the sampler's thread")

    def test_a_task_tells_where_its_worker_is(self) -> None:
        """The runner's own calls are left out; before the start and after the end there is no stack."""
        gate = Gate()

        def work(ctx: TaskContext) -> None:
            gate.pass_through()

        with TaskRunner(1) as runner:
            task = runner.start(work)
            waiting = runner.start(work)
            gate.await_arrival()
            assert waiting.stack() is None
            wait_until(task.stack, "a stack")
            sample = task.stack()
            assert sample is not None
            assert sample.frames[0].function.endswith("work")
            assert task._started_at is not None
            assert task._started_at <= sample.unmoved_since <= sample.taken_at
            gate.open()
            task.result(PATIENCE)
            assert task.stack() is None
        wait_until(lambda: not stacks.sampler._looking, "the end of the sampler's thread")


class Spelling:
    """Notes, whenever it is called or entered, by which names that was done. Whatever is taken from it is itself."""

    def __init__(self, said: list[str]) -> None:
        self._said = said

    def _note(self) -> None:
        caller = sys._getframe(2)
        self._said.append(call_at(caller.f_code, caller.f_lasti))

    def __getattr__(self, name: str) -> Spelling:
        return self

    def __getitem__(self, key: object) -> Spelling:
        return self

    def __call__(self, *args: object) -> Spelling:
        self._note()
        return self

    def __enter__(self) -> None:
        self._note()

    def __exit__(self, *args: object) -> None:
        self._note()

    def stand(self) -> None:
        self._note()


class TestCalls:
    def call_of(self, function: Callable[[], object], release: Callable[[], object], ready: str = "") -> str:
        found: list[str] = []
        with blocked(function, release) as thread_id:

            def told() -> bool:
                frame: Any = sys._current_frames().get(thread_id)
                while frame is not None and frame.f_code is not function.__code__:
                    frame = frame.f_back
                call = call_at(frame.f_code, frame.f_lasti) if frame is not None else ""
                if call and (not ready or call == ready):
                    found.append(call)
                return bool(found)

            wait_until(told, f"a call of {ready!r}")
        return found[0]

    def test_each_way_to_block_is_spelt_as_in_the_source(self) -> None:
        """Calls into C are seen though they have no frame."""
        lock, items = threading.Lock(), queue.Queue[int]()
        lock.acquire()
        ours, theirs = socket.socketpair()
        holder = {"sock": ours}

        def enter() -> None:
            with lock:
                pass

        def acquire() -> None:
            lock.acquire()
            lock.release()

        def get() -> None:
            items.get()

        def receive() -> None:
            holder["sock"].recv(10)

        with ours, theirs:
            assert self.call_of(enter, lock.release, "with lock") == "with lock"
            lock.acquire()
            assert self.call_of(acquire, lock.release, "lock.acquire") == "lock.acquire"
            assert self.call_of(get, lambda: items.put(1), "items.get") == "items.get"
            assert self.call_of(receive, lambda: theirs.send(b"x"), "holder[…].recv") == "holder[…].recv"

    def test_a_sleep_is_seen(self) -> None:
        """`time.sleep` blocks in C, too."""
        naps = threading.Event()

        def nap() -> None:
            while not naps.is_set():
                time.sleep(0.002)  # noqa: TID251 - what is looked at

        assert self.call_of(nap, naps.set, "time.sleep") == "time.sleep"

    def test_whatever_can_be_named_is_spelt(self) -> None:
        """Pythons from 3.13 on load two names in one instruction, and since 3.14 a subscript is an operator."""
        said: list[str] = []
        a = b = Spelling(said)

        def spelt(a: Any, b: Any) -> None:
            a.x[b].wait(1)
            a[b].wait()
            a[b:b].wait()
            a[b]()
            a.x["k"].y[1].z(*[a])
            for each in (a,):
                each.get()

        spelt(a, b)
        assert said == ["a.x[…].wait", "a[…].wait", "a[…].wait", "a[…]", "a.x[…].y[…].z", "each.get"]

    def test_what_cannot_be_named_stays_empty(self) -> None:
        """A wrong name would be worse than none."""
        said: list[str] = []
        a = b = Spelling(said)

        def spelt(a: Any, b: Any) -> None:
            (a or b).wait()
            [a][0].wait()
            a.made().wait()

        spelt(a, b)
        assert said == ["", "", "a.made", ""]

    def test_entering_a_with_block_is_told_from_leaving_it(self) -> None:
        """A lock is waited for on the way in. What is called at the end stands nowhere in the source."""
        said: list[str] = []
        a = b = Spelling(said)

        def spelt(a: Any, b: Any) -> None:
            with a.lock, a[b], a.made():
                pass
            for each in (a,):
                with each as entered, b.c as other:
                    _ = entered, other
            with a if said else b:  # which of the two is not to be seen
                pass

        spelt(a, b)
        entered, left = ["with a.lock", "with a[…]", "a.made", ""], ["", "", ""]
        assert said == [*entered, *left, "with each", "with b.c", "", "", "", ""]

    def test_the_method_of_a_base_class_is_spelt(self) -> None:
        """Since 3.12 that is an instruction of its own."""
        said: list[str] = []

        class Worker(Spelling):
            def work(self) -> None:
                super().stand()

        Worker(said).work()
        assert said == ["super().stand" if sys.version_info >= (3, 12) else ""]

    def test_nonsense_is_answered_with_nothing(self) -> None:
        """Offsets outside the code, and instructions that call nothing."""
        code = (lambda: 1).__code__

        assert call_at(code, -1) == ""
        assert call_at(code, 0) == ""
        assert call_at(code, 10_000) == ""
        assert calls.call_at.cache_info().maxsize == 512, "bounded: code objects are kept by it"
