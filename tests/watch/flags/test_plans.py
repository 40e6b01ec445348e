"""What happens at the click and afterwards: the flag that is in place, sentinels one per consumer, and follow-ups."""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from taskmon.watch.flags import Target, find_stop, follow_up, sentinels
from taskmon.watch.flags.finding import Finding
from tests.helpers.gates import PATIENCE, wait_until
from tests.watch.flags.conftest import Load


@pytest.fixture
def run() -> Callable[..., threading.Thread]:
    """Start a thread for a function and its arguments."""

    def start(function: Callable[..., object], *args: object) -> threading.Thread:
        thread = threading.Thread(target=function, args=args, daemon=True)
        thread.start()
        return thread

    return start


def stack_of(thread: threading.Thread) -> list[str]:
    """The functions that a thread is in."""
    frame, found = sys._current_frames().get(thread.ident or 0), []
    while frame is not None:
        found.append(frame.f_code.co_name)
        frame = frame.f_back
    return found


def frame_of(thread: threading.Thread) -> object:
    return sys._current_frames().get(thread.ident or 0)


SERVICE = """
    class Service:
        def __init__(self):
            self.stop_event = threading.Event()
        def run(self):
            while not self.stop_event.is_set(): compute()
        def stop(self): self.stop_event.set()
        def run_with_the_first(self):
            event = self.stop_event
            while not event.is_set(): compute()
"""


def test_the_event_in_place_at_the_click_is_set(program: Load) -> None:
    service = program(SERVICE).Service()
    finding = find_stop(Target(service.run))
    first, service.stop_event = service.stop_event, threading.Event()

    assert finding.apply().done
    assert (first.is_set(), service.stop_event.is_set()) == (False, True)


def test_a_function_that_kept_the_first_event_is_not_helped_by_another(program: Load) -> None:
    service = program(SERVICE).Service()
    finding = find_stop(Target(service.run_with_the_first))
    service.stop_event = threading.Event()

    applied = finding.apply()

    assert not applied.done
    assert "was replaced" in applied.words
    assert not service.stop_event.is_set()


def test_what_is_no_flag_any_more_is_left_alone(program: Load) -> None:
    service = program(SERVICE).Service()
    finding = find_stop(Target(service.run))
    service.stop_event = "another thing"

    assert not finding.apply().done
    assert service.stop_event == "another thing"


def test_equal_keys_share_a_flag(program: Load) -> None:
    module = program("def work(stop):\n    while not stop.is_set(): compute()")
    one, other = threading.Event(), threading.Event()

    keys = [find_stop(Target(module.work, (event,))).key for event in (one, one, other)]

    assert keys[0] == keys[1] != keys[2]


def test_an_event_with_an_error_in_its_set_is_told_not_raised(program: Load) -> None:
    module = program("""
        class Broken(threading.Event):
            def set(self): raise OSError
        def work(stop):
            while not stop.is_set(): compute()
    """)

    offer = find_stop(Target(module.work, (module.Broken(),))).offers[0]

    assert offer.apply() == (False, "could not be set: OSError")


def _found(service: Any) -> Finding:
    """What is found of a worker whose thread has been running for a while."""
    return find_stop(Target(service.run))


def test_what_was_found_is_set_without_looking_anew_while_nothing_has_changed(
    program: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = program(SERVICE).Service()
    finding = _found(service)
    monkeypatch.setattr(finding.plan, "_find", None)

    assert finding.apply_as_found(settled=True)
    assert service.stop_event.is_set()


@pytest.mark.parametrize(
    "change",
    [
        lambda patch, service, module: setattr(service, "stop_event", threading.Event()),
        lambda patch, service, module: setattr(service, "stop_event", "another thing"),
        lambda patch, service, module: service.stop_event.set(),
        lambda patch, service, module: setattr(module, "another", service.stop_event.is_set),
        lambda patch, service, module: patch.setitem(sys.modules, "another", module),
    ],
    ids=["another flag", "no flag", "set already", "a new function", "a new module"],
)
def test_what_has_changed_since_is_looked_for_anew(
    program: Load, monkeypatch: pytest.MonkeyPatch, change: Callable[[Any, Any, Any], object]
) -> None:
    module = program(SERVICE)
    service = module.Service()
    finding = _found(service)
    first = service.stop_event
    change(monkeypatch, service, module)
    before = first.is_set()

    assert not finding.apply_as_found(settled=True)
    assert first.is_set() is before
    assert service.stop_event is first or not getattr(service.stop_event, "is_set", lambda: False)()


OTHERS = """
    class Service:
        def __init__(self):
            self.stop_event = threading.Event()
        def run(self):
            while not self.stop_event.is_set(): compute()
    def here(gate): gate.acquire()
    def elsewhere(gate, one, other):
        one.acquire()
        there(other)
    def there(gate): gate.acquire()
"""


def test_a_new_thread_is_a_reason_to_look_anew(program: Load, run: Callable[..., threading.Thread]) -> None:
    module, gate = program(OTHERS), threading.Semaphore(0)
    finding = _found(module.Service())
    thread = run(module.here, gate)

    assert not finding.apply_as_found(settled=True)
    gate.release()
    thread.join()
    assert finding.apply_as_found(settled=True), "one that has left is none"


def test_a_thread_that_has_come_to_another_place_is_a_reason_to_look_anew(
    program: Load, run: Callable[..., threading.Thread]
) -> None:
    """It may look at the flag there, or wait for the thread."""
    module, one, other = program(OTHERS), threading.Semaphore(0), threading.Semaphore(0)
    thread = run(module.elsewhere, None, one, other)
    wait_until(lambda: "elsewhere" in stack_of(thread), "it to come")
    finding = _found(module.Service())
    one.release()
    wait_until(lambda: "there" in stack_of(thread), "it to go on")

    assert not finding.apply_as_found(settled=True)
    other.release()
    thread.join()
    assert finding.apply_as_found(settled=True)


def test_of_a_young_thread_it_counts_only_while_the_main_thread_stays_where_it_was(program: Load) -> None:
    """It may be about to tell others of the thread."""
    service = program(SERVICE).Service()
    findings, done = [], []
    for settled in (False, True):
        findings.append(_found(service))
        service.stop_event.clear()
        done.append(findings[-1].apply_as_found(settled=settled))  # at another line than that of the search

    assert done == [False, True]


CONSUMER = """
    def work(jobs):
        while True:
            job = jobs.get()
            if job is None: break
    def polite(jobs):
        while True:
            job = jobs.get()
            if job is None:
                jobs.put(None)
                break
    def gated(jobs):
        while True:
            job = jobs.get()
            if job is None: break
            if not job(): break
"""


def test_a_sentinel_for_each_consumer(program: Load, run: Callable[..., threading.Thread]) -> None:
    module, jobs = program(CONSUMER), queue.Queue[object]()
    threads = [run(module.work, jobs) for _ in range(3)]
    findings = [find_stop(Target.of_thread(thread)) for thread in threads]

    assert find_stop(Target.of_thread(threads[0])).means == "puts None into jobs (3 consumers)"
    assert findings[0].apply().words == "put None into jobs 3 times"
    assert findings[1].apply().words == "None is in jobs already" or not any(t.is_alive() for t in threads)
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_one_sentinel_where_it_is_passed_on(program: Load, run: Callable[..., threading.Thread]) -> None:
    module, jobs = program(CONSUMER), queue.Queue[object]()
    threads = [run(module.polite, jobs) for _ in range(2)]
    findings = [find_stop(Target.of_thread(thread)) for thread in threads]

    assert findings[0].apply().words == "put None into jobs"
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    assert jobs.qsize() == 1


def test_a_full_queue_is_told(program: Load) -> None:
    module = program(CONSUMER)
    jobs = queue.Queue[object](maxsize=1)
    jobs.put("work")

    applied = find_stop(Target(module.work, (jobs,))).apply()

    assert applied == (False, "could not put None into jobs: queue full")
    assert jobs.qsize() == 1


class Fed:
    """A consumer at its first item, whose queue of one place is full, and a producer that waits to put the next."""

    def __init__(self, program: Load, run: Callable[..., threading.Thread]) -> None:
        self.jobs = queue.Queue[Any](maxsize=1)
        self.gates = [queue.Queue[bool]() for _ in range(4)]
        """What the work on each item returns, once that is put here."""
        self.consumer = run(program(CONSUMER).gated, self.jobs)
        self.producer = run(self._produce)
        wait_until(lambda: self.gates[0].not_empty._waiters)  # type: ignore[attr-defined]  # it is at its first item
        wait_until(lambda: self.waiting() == 1)

    def _produce(self) -> None:
        for gate in self.gates:
            self.jobs.put(gate.get)

    def waiting(self) -> int:
        """How many wait for room."""
        with self.jobs.mutex:
            return len(self.jobs.not_full._waiters)  # type: ignore[attr-defined]


def test_beside_a_producer_that_keeps_the_queue_full_a_sentinel_has_its_turn(
    program: Load, run: Callable[..., threading.Thread]
) -> None:
    """Who waits in `put()` takes each place as it becomes free, however often somebody else tries."""
    fed = Fed(program, run)

    applied = find_stop(Target.of_thread(fed.consumer)).apply()

    assert applied == (True, "puts None into jobs as soon as there is room")
    wait_until(lambda: fed.waiting() == 2)
    for gate in fed.gates[:3]:  # the three that were before it
        gate.put(True)
    fed.consumer.join(PATIENCE)
    fed.producer.join(PATIENCE)
    assert not fed.consumer.is_alive()
    assert fed.jobs.get_nowait() == fed.gates[3].get


def test_a_sentinel_in_line_is_not_put_for_a_consumer_that_has_ended_otherwise(
    program: Load, run: Callable[..., threading.Thread]
) -> None:
    fed = Fed(program, run)
    find_stop(Target.of_thread(fed.consumer)).apply()
    wait_until(lambda: fed.waiting() == 2)

    fed.gates[0].put(False)
    fed.consumer.join(PATIENCE)

    assert [fed.jobs.get(timeout=PATIENCE) for _ in range(3)] == [gate.get for gate in fed.gates[1:]]
    fed.producer.join(PATIENCE)
    wait_until(lambda: fed.waiting() == 0)
    assert fed.jobs.empty()


def test_a_locked_queue_is_told(program: Load) -> None:
    module, jobs = program(CONSUMER), queue.Queue[object]()
    finding = find_stop(Target(module.work, (jobs,)))

    with jobs.mutex:
        assert finding.apply() == (False, "jobs is locked by the program")


def test_a_flag_that_run_puts_back_is_set_once_more(program: Load) -> None:
    job = program("""
        class Job:
            def __init__(self): self.running = False
            def run(self):
                self.running = True
                while self.running: compute()
            def stop(self): self.running = False
    """).Job()
    finding = find_stop(Target(job.run))
    assert finding.apply().done
    job.running = True  # what run() does first

    assert follow_up(finding, None, 0.1) is None
    assert follow_up(finding, None, 0.6) == "set self.running to False again: it had been put back"
    assert job.running is False
    job.running = True
    assert follow_up(finding, None, 0.7) is None, "only once"


LISTENER = """
    import socket
    class Listener:
        def __init__(self, sock=None):
            self.running, self.joined = True, False
            self.near, self.far = socket.socketpair()
        def run(self):
            while self.running:
                self.near.recv(100)
            self.near.close()
        def {name}(self{more}):
            self.running = False
            self.far.close()
            {extra}
"""


def listener(program: Load, name: str = "stop", more: str = "", extra: str = "pass") -> object:
    return program(LISTENER.format(name=name, more=more, extra=extra)).Listener()


def test_a_stop_that_does_more_than_set_the_flag_is_called_whole(
    program: Load, run: Callable[..., threading.Thread]
) -> None:
    job = listener(program)
    thread = run(job.run)  # type: ignore[attr-defined]
    finding = find_stop(Target.of_thread(thread))

    assert finding.means == "calls its own stop()"
    assert finding.apply() == (True, "called its own stop()")
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert follow_up(finding, frame_of(thread), 3.0) is None, "it is not called twice"


@pytest.mark.parametrize(
    ("name", "more", "extra"),
    [("stop", ", how", "pass"), ("_stop_now", "", "pass"), ("stop", "", "sys.exit()"), ("join", "", "pass")],
    ids=["needs an argument", "private", "ends the program", "join"],
)
def test_a_stop_that_must_not_be_called(
    program: Load, run: Callable[..., threading.Thread], name: str, more: str, extra: str
) -> None:
    job = listener(program, name, more, extra)
    thread = run(job.run)  # type: ignore[attr-defined]
    finding = find_stop(Target.of_thread(thread))
    assert finding.apply().done

    wait_until(lambda: "recv" in str(frame_of(thread)) or True)
    assert follow_up(finding, frame_of(thread), 5.0) is None
    job.far.close()  # type: ignore[attr-defined]
    thread.join(PATIENCE)


def test_a_thread_that_waits_for_an_item_gets_one_that_ends_it(
    program: Load, run: Callable[..., threading.Thread]
) -> None:
    job = program("""
        class Job:
            def __init__(self): self.running, self.jobs = True, queue.Queue()
            def run(self):
                while self.running:
                    item = self.jobs.get()
                    if item is None: break
            def shut(self): self.running = False
    """).Job()
    thread = run(job.run)
    wait_until(lambda: "get" in str(frame_of(thread)) or "wait" in str(frame_of(thread)), "the thread's wait")
    finding = find_stop(Target.of_thread(thread))

    assert finding.apply().words == "set self.running to False"
    assert follow_up(finding, frame_of(thread), 3.0) == "put None into self.jobs"
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_those_who_wait_on_a_condition_are_woken(program: Load, run: Callable[..., threading.Thread]) -> None:
    job = program("""
        class Job:
            def __init__(self): self.stopped, self.news = False, threading.Condition()
            def run(self):
                while not self.stopped:
                    with self.news: self.news.wait()
    """).Job()
    thread = run(job.run)
    wait_until(lambda: job.news._waiters, "the thread's wait")
    finding = find_stop(Target.of_thread(thread))
    finding.apply()

    assert follow_up(finding, frame_of(thread), 1.0) == "woke those who wait on news"
    thread.join(PATIENCE)
    assert not thread.is_alive()


HANDED_A_CONDITION = """
    class Desk:
        def __init__(self): self.left = False
    def serve(desk, box, bell):
        while not desk.left:
            with bell:
                while not box and not desk.left: bell.wait()
                if box: box.pop()
    def leave(desk): desk.left = True
"""


def test_those_who_wait_on_a_condition_that_they_were_handed_are_woken(
    program: Load, run: Callable[..., threading.Thread]
) -> None:
    module, bell = program(HANDED_A_CONDITION), threading.Condition()
    thread = run(module.serve, module.Desk(), [], bell)
    wait_until(lambda: bell._waiters, "the thread's wait")  # type: ignore[attr-defined]
    finding = find_stop(Target.of_thread(thread))
    finding.apply()

    assert follow_up(finding, frame_of(thread), 1.0) == "woke those who wait on bell"
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_nobody_is_woken_who_does_not_ask_again(program: Load, run: Callable[..., threading.Thread]) -> None:
    module = program(
        HANDED_A_CONDITION
        + """
    def pay(bell):
        with bell: bell.wait()
        bell.paid = True
    """
    )
    desk, bell = module.Desk(), threading.Condition()
    thread = run(module.serve, desk, [], bell)
    other = run(module.pay, bell)
    wait_until(lambda: len(bell._waiters) == 2, "both waits")  # type: ignore[attr-defined]
    finding = find_stop(Target.of_thread(thread))
    finding.apply()

    assert follow_up(finding, frame_of(thread), 1.0) is None
    with bell:
        bell.notify_all()
    for each in (thread, other):
        each.join(PATIENCE)


def test_a_timer_that_has_fired_is_asked_for_the_flag_of_its_function(program: Load) -> None:
    module = program("def work(stop):\n    while not stop.wait(0.01): pass")
    stop, waits = threading.Event(), threading.Timer(1000, print)
    fired = threading.Timer(0, module.work, [stop])
    for timer in (waits, fired):
        timer.start()
    wait_until(lambda: "work" in str(frame_of(fired)) or find_stop(Target.of_thread(fired)).means == "sets stop")

    wait_until(lambda: find_stop(Target.of_thread(fired)).means == "sets stop", "the timer's firing")
    assert find_stop(Target.of_thread(fired)).apply().done
    assert find_stop(Target.of_thread(waits)).means == "cancels the timer"
    assert find_stop(Target.of_thread(waits)).apply().words == "cancelled the timer"
    for timer in (waits, fired):
        timer.join(PATIENCE)
        assert not timer.is_alive()


def test_a_sentinel_that_a_method_of_its_own_takes(program: Load) -> None:
    module = program("""
        class Listener:
            _end = None
            def __init__(self): self.records = queue.Queue()
            def take(self, block): return self.records.get(block)
            def run(self):
                while True:
                    record = self.take(True)
                    if record is self._end: break
                    print(record)
            def stop(self): self.records.put_nowait(self._end)
    """)
    listener = module.Listener()
    thread = threading.Thread(target=listener.run)
    thread.start()
    finding = find_stop(Target.of_thread(thread))

    assert finding.means == "puts self._end into self.records"
    assert finding.apply().words == "put self._end into self.records"
    thread.join(PATIENCE)
    assert not thread.is_alive()


@pytest.mark.parametrize(("method", "means"), [("stop", "puts END into self.messages"), ("count_down", "")])
def test_a_plain_number_that_its_own_method_puts(program: Load, method: str, means: str) -> None:
    module = program(f"""
        END, NOW = 0, 1
        class Task:
            def __init__(self): self.messages = queue.Queue()
            def run(self):
                while True:
                    message = self.messages.get(True, 9)
                    if message == END: break
                    elif message == NOW: compute()
            def force(self): self.messages.put(NOW, False)
            def {method}(self): self.messages.put(END, False)
        task = Task()
    """)
    finding = find_stop(Target(module.task.run))

    assert finding.means == means
    assert [offer.why for offer in finding.offers] == ([] if means else ["it may be an item like any other"])


#: What a class of messages without contents may be: what is done with one, and who puts it.
MESSAGES = {
    "the end of what is put": ("return", "self.tray.put(Curfew())", "puts Curfew() into self.tray"),
    "another item goes there": (
        "sheets.append(0); return", "self.tray.put(Curfew())", "puts Curfew() into self.tray"
    ),
    "put before others": ("return", "self.tray.put(Curfew()); self.tray.put(Sheet(9))", "it may be an item like any"),
    "put now and then": (
        "return", "for number in range(9): self.tray.put(Curfew())", "it may be an item like any other"
    ),
    "work comes then": ("self.publish(); return", "self.tray.put(Curfew())", "works on after it"),
}  # fmt: skip


@pytest.mark.parametrize(("then", "put", "said"), MESSAGES.values(), ids=MESSAGES.keys())
def test_a_class_of_messages_is_put_as_the_end_of_what_is_put_before(
    program: Load, then: str, put: str, said: str
) -> None:
    module = program(f"""
        class Sheet:
            def __init__(self, number): self.number = number
        class Curfew: pass
        class Press:
            def __init__(self): self.tray, self.sheets = queue.Queue(), []
            def work(self):
                sheets = self.sheets
                while True:
                    match self.tray.get():
                        case Sheet() as sheet: sheets.append(sheet)
                        case Curfew(): {then}
            def publish(self): compute(self.sheets)
            def feed(self):
                for number in range(9): self.tray.put(Sheet(number))
                {put}
        press = Press()
    """)
    finding = find_stop(Target(module.press.work))

    assert said in (finding.means or finding.why_not)
    assert bool(finding.means) is said.startswith("puts")


#: A consumer that takes by a generator.
BY_A_GENERATOR = """
    class Belt(queue.Queue):
        def __iter__(self):
            while True:
                parcel = self.get()
                if parcel is None: return
                yield parcel
    def sort(belt, reached, gate):
        for parcel in belt:
            reached.set()
            gate.wait()
"""


def test_who_is_at_work_on_an_item_of_a_generator_takes_from_the_queue_as_well(
    program: Load, run: Callable[..., threading.Thread]
) -> None:
    module = program(BY_A_GENERATOR)
    belt, reached, gate = module.Belt(), threading.Event(), threading.Event()
    threads = [run(module.sort, belt, reached, gate) for _ in range(2)]
    belt.put("a parcel")
    assert reached.wait(PATIENCE)
    waiting = "the other's wait"
    wait_until(lambda: any("get" in stack_of(thread) for thread in threads), waiting)
    finding = find_stop(Target.of_thread(threads[0]))

    assert finding.means == "puts None into belt (2 consumers)"
    finding.apply()
    gate.set()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_what_comes_after_the_loop_over_a_generator_is_seen(program: Load) -> None:
    module = program(
        BY_A_GENERATOR
        + """
    def book(belt):
        for parcel in belt: time.sleep(1)
        open("ledger", "w").write("closed")
    """
    )
    finding = find_stop(Target(module.book, (module.Belt(),)))

    assert finding.means == ""
    assert "puts None into belt, but the thread works on after it: calls" in finding.why_not


def test_a_queue_with_a_get_of_its_own_is_left_alone(program: Load) -> None:
    module = program(
        BY_A_GENERATOR
        + """
    class Own(Belt):
        def get(self): return super().get()
    """
    )

    assert find_stop(Target(module.sort, (module.Own(), threading.Event(), threading.Event()))).means == ""


def test_the_last_items_are_told_done(program: Load) -> None:
    module = program("""
        def work(jobs):
            for job in iter(jobs.get, None): jobs.task_done()
            jobs.task_done()
        def wait(jobs): jobs.join()
    """)

    assert find_stop(Target(module.work, (queue.Queue(),))).means == "puts None into jobs"


@pytest.mark.parametrize("wake", ["os.write(self.near, b'x')", "self.pair.send(b'x')"])
def test_a_thread_is_woken_by_its_own_pipe(program: Load, wake: str) -> None:
    module = program(f"""
        import os, select, socket
        class Loop:
            def __init__(self):
                self.far, self.near = os.pipe()
                self.pair, self.other = socket.socketpair()
                self.quits = False
            def run(self):
                while not self.quits: select.select([self.far, self.other], [], [])
            def close(self):
                self.quits = True
                {wake}
    """)
    loop = module.Loop()
    thread = threading.Thread(target=loop.run, daemon=True)
    thread.start()
    try:
        finding = find_stop(Target.of_thread(thread))

        assert finding.means == "calls its own close()"
        assert finding.apply().done
        thread.join(PATIENCE)
        assert not thread.is_alive()
    finally:
        for end in (loop.far, loop.near):
            os.close(end)
        for each in (loop.pair, loop.other):
            each.close()


def test_what_stands_in_line_leaves_it_when_the_program_is_let_go(
    program: Load, run: Callable[..., threading.Thread]
) -> None:
    fed = Fed(program, run)
    find_stop(Target.of_thread(fed.consumer)).apply()
    wait_until(lambda: fed.waiting() == 2)

    sentinels.leave_line()
    wait_until(lambda: not [each for each in threading.enumerate() if each.name == "taskmon-stop"])

    for gate in fed.gates:
        gate.put(True)
    fed.producer.join(PATIENCE)
    assert fed.consumer.is_alive()
    fed.jobs.put(None)
    fed.consumer.join(PATIENCE)
