"""What others have a thread for: a plain cancel does not end it under them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

import pytest

from taskmon.watch.flags import Target, find_stop
from tests.helpers.gates import PATIENCE, wait_until
from tests.watch.flags.conftest import Load, doubt, is_inside


def test_threads_that_meet_at_a_barrier_need_each_other(program: Load) -> None:
    module = program("""
        meeting = threading.Barrier(3)
        class Cell:
            def __init__(self): self.halt = False
            def meet(self): meeting.wait()
            def run(self):
                while not self.halt: self.meet()
            def stop(self): self.halt = True
        cells = [Cell() for _ in range(3)]
    """)

    assert "others wait for it at meeting" in doubt(module.cells[0].run)


def test_threads_that_have_only_begun_together_do_not(program: Load) -> None:
    module = program("""
        begun = threading.Barrier(3)
        def work(stop):
            begun.wait()
            while not stop.wait(0.1): pass
    """)

    assert find_stop(Target(module.work, (threading.Event(),))).means


TURNS = """
    class Table:
        def __init__(self):
            self.black, self.white, self.stop_black = threading.Event(), threading.Event(), False
            self.over = False
        def play_black(self):
            while not self.stop_black:
                self.black.wait()
                self.white.set()
        def play_white(self):
            while not self.over:
                self.white.wait()
                self.black.set()
        def help(self):
            self.white.set()
        def stop(self): self.stop_black = True
    table = Table()
"""


def test_another_thread_waits_for_its_turn(program: Load, run: Callable[..., threading.Thread]) -> None:
    module = program(TURNS.replace("def help(self):\n            self.white.set()", "pass"))
    table = module.table

    def end() -> None:
        table.over = True
        getattr(table, "wh" + "ite").set()  # by no name that a function of the program uses

    white = run(end, table.play_white)
    wait_until(lambda: is_inside(white, module, "play_white"), "the other player")

    assert "another thread waits for its self.white" in doubt(table.play_black)


def test_nobody_waits_for_it_alone_where_others_may_help(program: Load, run: Callable[..., threading.Thread]) -> None:
    module = program(TURNS)
    table = module.table

    def end() -> None:
        table.over = True
        getattr(table, "wh" + "ite").set()  # by no name that a function of the program uses

    white = run(end, table.play_white)
    wait_until(lambda: is_inside(white, module, "play_white"), "the other player")

    assert find_stop(Target(table.play_black)).means == "sets self.stop_black to True"


MANY = """
    def work(jobs):
        while True:
            job = jobs.get()
            if job is None:
                jobs.put(None)
                return
    def feed(jobs, pause):
        while True:
            jobs.put("a job")
            if pause.wait(): return
"""


def test_all_consumers_would_end_while_work_is_still_put(program: Load, run: Callable[..., threading.Thread]) -> None:
    module, jobs, pause = program(MANY), queue.Queue[object](), threading.Event()
    workers = [run(lambda: jobs.put(None), module.work, jobs) for _ in range(2)]
    feeder = run(pause.set, module.feed, jobs, pause)
    wait_until(lambda: is_inside(feeder, module, "feed"), "the one who puts")
    for worker in workers:
        wait_until(lambda worker=worker: is_inside(worker, module, "work"), "a consumer")  # type: ignore[misc]

    finding = find_stop(Target.of_thread(workers[0]))

    assert finding.means == ""
    assert "feed() still puts work into it" in finding.offers[0].why


def test_one_consumer_may_end_while_work_is_still_put(program: Load, run: Callable[..., threading.Thread]) -> None:
    module, jobs, pause = program(MANY), queue.Queue[object](), threading.Event()
    worker = run(lambda: jobs.put(None), module.work, jobs)
    feeder = run(pause.set, module.feed, jobs, pause)
    wait_until(lambda: is_inside(feeder, module, "feed"), "the one who puts")

    assert find_stop(Target.of_thread(worker)).means == "puts None into jobs"


REPLACED = """
    class Relay:
        def __init__(self, pause): self.pause, self.quit = pause, threading.Event()
        def start(self):
            self.thread = threading.Thread(target=self.loop)
            self.thread.start()
        def loop(self):
            while not self.quit.is_set(): self.quit.wait()
    def guard(relay):
        while True:
            if not relay.thread.is_alive(): relay.start()
            if relay.pause.wait(): return
    def ask(relay):
        while True:
            if not relay.thread.is_alive(): print("it has ended")
            if relay.pause.wait(): return
    def clear(relay):
        while True:
            if not relay.thread.is_alive():
                remove(relay)
                break
            if relay.pause.wait(): return
    def count(relay):
        while True:
            if not relay.thread.is_alive(): lose(relay)
            if relay.pause.wait(): return
    def lose(relay): relay.lost = compute
    compute = 7
    class Pool:
        def __init__(self, relay): self.all = [relay.thread]
        def see_to(self):
            for number, each in enumerate(self.all):
                if not each.is_alive(): self.all[number] = Relay(None)
    def keep(relay):
        global pool
        pool = Pool(relay)
        while True:
            pool.see_to()
            if relay.pause.wait(): return
"""


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("guard", "guard() would take it for dead, and calls start()"),
        ("keep", "Pool.see_to() would take it for dead, and calls Relay()"),
        ("clear", "clear() acts as soon as it has ended: calls remove()"),
        ("count", "count() acts as soon as it has ended: calls lose()"),
        ("ask", ""),
    ],
)
def test_a_thread_that_is_looked_after(
    program: Load, run: Callable[..., threading.Thread], name: str, why: str
) -> None:
    module, pause = program(REPLACED), threading.Event()
    relay = module.Relay(pause)
    relay.start()
    try:
        vars(module).update(relay=relay)
        looking = run(pause.set, getattr(module, name), relay)
        wait_until(lambda: is_inside(looking, threading, "wait"), "the one who looks")

        finding = find_stop(Target.of_thread(relay.thread))

        assert finding.means == ("" if why else "sets self.quit")
        assert not why or why in finding.offers[0].why
    finally:
        relay.quit.set()
        relay.thread.join(PATIENCE)


POLLED = """
    class Press:
        def __init__(self, pause): self.running, self.pause, self.sheets = True, pause, 0
        def work(self):
            while self.running: self.pause.wait(0.01)
        def stop(self): self.running = False
        @property
        def runs(self): return self.running
    class Foreman:
        def __init__(self): self.calls, self.shown = 0, ""
        def count(self, press):
            while True:
                if not press.running:
                    self.calls += 1
                    return
                if press.pause.wait(): return
        def ask(self, press):
            while True:
                if not press.runs:
                    self.fetch()
                    return
                if press.pause.wait(): return
        def fetch(self): self.calls += 1
        def note(self, press):
            while True:
                if not press.running: press.official = press.sheets
                if press.pause.wait(): return
        def tell(self, press):
            while True:
                if not press.running:
                    print("it has ended")
                    return
                if press.pause.wait(): return
"""


@pytest.mark.parametrize(("name", "refused"), [("count", True), ("ask", True), ("note", True), ("tell", False)])
def test_somebody_else_acts_as_soon_as_it_is_set(
    program: Load, run: Callable[..., threading.Thread], name: str, refused: bool
) -> None:
    module, pause = program(POLLED), threading.Event()
    press, foreman = module.Press(pause), module.Foreman()
    vars(module).update(press=press, foreman=foreman)
    worker = run(press.stop, press.work)
    looking = run(pause.set, getattr(foreman, name), press)
    wait_until(lambda: is_inside(looking, threading, "wait"), "the one who looks")

    finding = find_stop(Target.of_thread(worker))

    assert finding.means == ("" if refused else "sets self.running to False")
    assert not refused or "acts on how it is" in finding.offers[0].why


RENEWED = """
    class Ticket:
        def __init__(self): self.renew()
        def renew(self): self.good_until = time.time() + 9
        def is_good(self): return time.time() < self.good_until
    def keep(ticket, stop):
        while not stop.is_set(): ticket.renew()
    def ride(ticket, pause):
        while True:
            if not ticket.is_good(): pay_a_fine()
            if pause.wait(): return
    def check(ticket):
        if time.time() > ticket.good_until: raise LookupError
    def enter(ticket, pause):
        while True:
            check(ticket)
            if pause.wait(): return
    def get_off(ticket, pause):
        while True:
            if not ticket.is_good(): sys.exit(3)
            if pause.wait(): return
    def look(ticket, pause):
        while True:
            print(ticket.is_good())
            if pause.wait(): return
"""


@pytest.mark.parametrize(("name", "refused"), [("ride", True), ("enter", True), ("get_off", True), ("look", False)])
def test_others_act_as_soon_as_a_time_is_not_renewed(
    program: Load, run: Callable[..., threading.Thread], name: str, refused: bool
) -> None:
    module, pause = program(RENEWED), threading.Event()
    ticket, stop = module.Ticket(), threading.Event()
    vars(module).update(ticket=ticket, stop=stop)
    riding = run(pause.set, getattr(module, name), ticket, pause)
    wait_until(lambda: is_inside(riding, module, name), "the one who relies on it")

    finding = find_stop(Target(module.keep, (ticket, stop)))

    assert finding.means == ("" if refused else "sets stop")
    assert not refused or "others act as soon as it no longer renews" in finding.offers[0].why


def test_turns_by_a_condition(program: Load, run: Callable[..., threading.Thread]) -> None:
    module = program("""
        class Turns:
            def __init__(self): self.turn, self.changed, self.leave, self.over = 0, threading.Condition(), False, False
            def odd(self):
                while not self.leave:
                    with self.changed:
                        self.turn = 1
                        self.changed.notify()
            def even(self):
                with self.changed:
                    while not self.over:
                        self.changed.wait()
                        self.changed.notify()
            def stop(self): self.leave = True
        turns = Turns()
    """)
    turns = module.turns

    def end() -> None:
        turns.over = True
        condition = getattr(turns, "chan" + "ged")
        with condition:
            condition.notify_all()

    waiting = run(end, turns.even)
    wait_until(lambda: is_inside(waiting, module, "even"), "the other one")

    assert "another thread waits for its self.changed" in doubt(turns.odd)


def test_a_sentinel_does_not_end_what_others_meet_either(program: Load) -> None:
    module = program("""
        round_over = threading.Barrier(2)
        def work(jobs):
            while True:
                if jobs.get() is None: break
                round_over.wait()
    """)

    assert "others wait for it at round_over" in doubt(module.work, queue.Queue())


SHARED = """
    class Line:
        def __init__(self): self.is_open = True
        def close(self): self.is_open = False
        def write(self, text): assert self.is_open
    class Client:
        def __init__(self): self.line, self.running = Line(), True
        def read(self):
            try:
                while self.running: compute()
            finally:
                self.line.close()
        def write(self, text): self.line.write(text)
        def stop(self): self.running = False
    def talk(client, pause):
        client.write("hello")
        pause.wait()
"""


def test_a_thread_that_closes_what_others_use(program: Load, run: Callable[..., threading.Thread]) -> None:
    module, pause = program(SHARED), threading.Event()
    client = module.Client()
    vars(module).update(client=client)

    assert find_stop(Target(client.read)).means == "sets self.running to False"

    talking = run(pause.set, module.talk, client, pause)
    wait_until(lambda: is_inside(talking, module, "talk"), "the one who uses the line")

    assert "it closes self.line, which Client.write() uses as well" in doubt(client.read)


CLOSED_WHOLE = """
    import sqlite3
    class Store:
        def __init__(self):
            self.db, self._stop = sqlite3.connect(":memory:", check_same_thread=False), threading.Event()
        def flush(self):
            while not self._stop.wait(1): self.db.commit()
        def add(self, row): self.db.execute("select ?", (row,))
        def close(self):
            self._stop.set()
            self.thread.join()
            self.db.close()
    def fill(store, pause):
        store.add(1)
        while not pause.wait(9): store.add(2)
    def look(store, pause): pause.wait()
"""


@pytest.mark.parametrize(("name", "refused"), [("fill", True), ("look", False)])
def test_a_method_that_closes_what_others_use_is_not_called(
    program: Load, run: Callable[..., threading.Thread], name: str, refused: bool
) -> None:
    module, pause = program(CLOSED_WHOLE), threading.Event()
    store = module.Store()
    vars(module).update(store=store)
    store.thread = run(store._stop.set, store.flush)
    filling = run(pause.set, getattr(module, name), store, pause)
    wait_until(lambda: is_inside(filling, threading, "wait"), "who uses the store, or does not")

    finding = find_stop(Target.of_thread(store.thread))

    assert finding.means == ("" if refused else "calls its own close()")
    assert not refused or "it closes self.db, which Store.add() uses as well" in finding.offers[0].why


TAKEN_AWAY = """
    class Rates:
        def __init__(self): self.wanted, self.last = {"EUR"}, {"EUR": 1}
        def follow(self, key):
            while key in self.wanted: self.last[key] += 1
            self.last.pop(key)
        def unfollow(self, key):
            self.wanted.discard(key)
            self.thread.join()
        @property
        def best(self): return max(self.last.values())
        @property
        def count(self): return len(self.last)
    rates = Rates()
    def ask(pause):
        while not pause.wait(9): rates.best
    def count(pause):
        while not pause.wait(9): rates.count
"""


@pytest.mark.parametrize(("name", "refused"), [("ask", True), ("count", False)])
def test_a_thread_that_takes_away_what_others_look_up(
    program: Load, run: Callable[..., threading.Thread], name: str, refused: bool
) -> None:
    module, pause = program(TAKEN_AWAY), threading.Event()
    rates = module.rates
    rates.thread = run(rates.wanted.clear, rates.follow, "EUR")
    asking = run(pause.set, getattr(module, name), pause)
    wait_until(lambda: is_inside(asking, threading, "wait"), "who asks")

    finding = find_stop(Target.of_thread(rates.thread))

    assert finding.means == ("" if refused else "takes 'EUR' out of self.wanted")
    assert not refused or "it takes away from self.last, which Rates.best() uses as well" in finding.offers[0].why


MAKING = """
    class Count:
        def __init__(self): self.count, self.rows, self.halt = 0, [], threading.Event()
        def work(self):
            while not self.halt.is_set():
                self.count += 1
                self.rows.append(self.count)
                self.halt.wait()
        def stop(self): self.halt.set()
    def count(counting, pause):
        while counting.count < 9: pause.wait()
    def rows(counting, pause):
        while True:
            pause.wait()
            if len(counting.rows) >= 9: break
    def for_a_time(counting, pause):
        while counting.count < 9 and time.monotonic() < end: pause.wait()
    def is_to_go_on(): return True
    def with_leave(counting, pause):
        while counting.count < 9 and is_to_go_on(): pause.wait()
    def while_it_lives(counting, pause):
        while counting.count < 9 and threading.main_thread().is_alive(): pause.wait()
    def show(counting, pause):
        while not pause.is_set():
            print(counting.count)
            pause.wait()
    def take(counting):
        late = time.monotonic() + 9
        while counting.count < 1:
            if time.monotonic() > late: return False
            time.sleep(0.01)
        counting.count -= 1
        return True
    def use(counting, pause):
        while True:
            if not take(counting): raise LookupError
            if pause.wait(): return
"""


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("count", "count() waits for its self.count"),
        ("rows", "rows() waits for its self.rows"),
        ("use", "take() waits for its self.count"),
        ("with_leave", "with_leave() waits for its self.count"),
        ("for_a_time", ""),
        ("while_it_lives", ""),
        ("show", ""),
    ],
)
def test_somebody_stands_until_it_has_made_enough(
    program: Load, run: Callable[..., threading.Thread], name: str, why: str
) -> None:
    module, pause = program(MAKING), threading.Event()
    counting = module.Count()
    counting.count = 1
    vars(module).update(counting=counting, end=float("inf"))

    def end() -> None:
        vars(counting)["count"] = 9  # by no name that a function of the program uses
        counting.rows[:] = [None] * 9
        pause.set()

    standing = run(end, getattr(module, name), counting, pause)
    wait_until(lambda: is_inside(standing, threading, "wait"), "the one who waits")

    finding = find_stop(Target(counting.work))

    assert finding.means == ("" if why else "sets self.halt")
    assert not why or why in finding.offers[0].why


@pytest.mark.parametrize(("name", "refused"), [("renew", True), ("extend_lock", True), ("extend", False)])
def test_a_thread_that_keeps_a_claim(program: Load, name: str, refused: bool) -> None:
    module = program(f"""
        class Keeper:
            def __init__(self): self.quit = threading.Event()
            def work(self):
                while not self.quit.wait(9): self.{name}()
            def {name}(self): ask_for_more()
            def stop(self): self.quit.set()
    """)

    finding = find_stop(Target(module.Keeper().work))

    assert finding.means == ("" if refused else "sets self.quit")
    assert not refused or f"it renews what others rely on, by {name}()" in finding.offers[0].why


ANSWERS = """
    class Oracle:
        def __init__(self): self.answer, self.halt = threading.Event(), False
        def speak(self):
            while not self.halt:
                self.answer.set()
                compute()
        def stop(self): self.halt = True
    def act(oracle, pause):
        while True:
            if not oracle.answer.wait(9): raise_the_alarm()
            if pause.wait(): return
    def tell(oracle, pause):
        while True:
            if not oracle.answer.wait(9): print("nothing yet")
            if pause.wait(): return
"""


@pytest.mark.parametrize(("name", "refused"), [("act", True), ("tell", False)])
def test_somebody_acts_when_nothing_comes(
    program: Load, run: Callable[..., threading.Thread], name: str, refused: bool
) -> None:
    module, pause = program(ANSWERS), threading.Event()
    oracle = module.Oracle()
    oracle.answer.set()
    vars(module).update(oracle=oracle)
    asking = run(pause.set, getattr(module, name), oracle, pause)
    wait_until(lambda: is_inside(asking, threading, "wait"), "the one who asks")

    finding = find_stop(Target(oracle.speak))

    assert finding.means == ("" if refused else "sets self.halt to True")
    assert not refused or "another thread waits for its self.answer" in finding.offers[0].why


WORKED_OFF = """
    stop, own_stop, jobs = threading.Event(), threading.Event(), queue.Queue()
    def take(): return jobs.get(timeout=9)
    def work(stop, pause):
        while not stop.is_set():
            if pause.wait(): return
            take()
            jobs.task_done()
    def rest(pause):
        if pause.wait(): return
        jobs.join()
        stop.set()
    def rest_no_more(pause):
        jobs.join()
        while not pause.wait(): compute()
        stop.set()
"""


@pytest.mark.parametrize(
    ("waits", "flags", "refused"),
    [
        ("rest", ["stop"], True),
        ("rest", ["stop", "stop"], True),
        ("rest", ["own_stop", "stop"], False),
        ("rest_no_more", ["stop"], True),
        ("work", ["stop"], False),
    ],
)
def test_somebody_waits_until_a_queue_is_worked_off(
    program: Load, run: Callable[..., threading.Thread], waits: str, flags: list[str], refused: bool
) -> None:
    module, pause = program(WORKED_OFF), threading.Event()
    threads = [run(pause.set, module.work, getattr(module, flag), pause) for flag in flags]
    threads.append(run(pause.set, getattr(module, waits), *([module.own_stop] if waits == "work" else []), pause))
    names = [*("work" for _ in flags), waits]
    for thread, name in zip(threads, names, strict=True):
        wait_until(lambda thread=thread, name=name: is_inside(thread, module, name), name)  # type: ignore[misc]

    finding = find_stop(Target.of_thread(threads[0]))

    assert finding.means == ("" if refused else "sets stop")
    assert not refused or f"{waits}() waits for its jobs.task_done()" in finding.offers[0].why


@pytest.mark.parametrize(
    ("size", "puts", "refused"),
    [
        (4, "with bus: readings.put(1)", True),
        (0, "with bus: readings.put(1)", False),
        (4, "readings.put(1)", False),
    ],
)
def test_who_still_fills_a_queue_would_wait_for_room_for_ever_with_what_it_holds(
    program: Load, run: Callable[..., threading.Thread], size: int, puts: str, refused: bool
) -> None:
    pause = threading.Event()
    module = program(f"""
        readings, bus = queue.Queue({size}), threading.Lock()
        def gauge(pause):
            while not pause.wait():
                {puts}
        def note():
            while True:
                if readings.get() is None: break
    """)
    measuring = run(pause.set, module.gauge, pause)
    wait_until(lambda: is_inside(measuring, module, "gauge"), "the gauge")

    finding = find_stop(Target(module.note))

    assert bool(finding.means) is not refused
    assert (
        not refused
        or "gauge() would wait for ever with what it holds, as soon as the queue is full" in finding.offers[0].why
    )


HEART = """
    class Heart(threading.Thread):
        def __init__(self):
            super().__init__(daemon=True)
            self.going, self.beats = True, 0
        def run(self):
            while self.going: self.beats += 1
        def is_beating(self): return self.is_alive() and self.beats >= 0
        def stop(self):
            self.going = False
            self.join()
    class Client:
        def __init__(self): self.heart = Heart()
        def is_well(self): return self.heart.is_beating()
        def restart(self): self.heart = Heart()
    client = Client()
    def look_after(pause):
        while not pause.wait(9):
            if not client.is_well(): client.restart()
    def tell(pause):
        while not pause.wait(9):
            if not client.is_well(): print("no beat")
"""


@pytest.mark.parametrize(("name", "refused"), [("look_after", True), ("tell", False)])
def test_a_thread_is_looked_after_through_those_who_tell_of_it(
    program: Load, run: Callable[..., threading.Thread], name: str, refused: bool
) -> None:
    module, pause = program(HEART), threading.Event()
    heart = module.client.heart
    heart.start()
    looking = run(pause.set, getattr(module, name), pause)
    wait_until(lambda: is_inside(looking, threading, "wait"), "who looks")

    finding = find_stop(Target.of_thread(heart))
    heart.stop()

    assert finding.means == ("" if refused else "sets self.going to False")
    assert not refused or "look_after() would take it for dead, and calls restart()" in finding.offers[0].why


@pytest.mark.parametrize(("offered", "refused"), [("self.crew.ready.append(self)", True), ("pass", False)])
def test_a_thread_that_others_take_to_give_it_work(program: Load, offered: str, refused: bool) -> None:
    module = program(f"""
        class Hand(threading.Thread):
            def __init__(self, crew):
                super().__init__()
                self.crew, self.job, self.home = crew, threading.Event(), False
            def run(self):
                while not self.home:
                    if self.job.wait(1): {offered}
        class Crew:
            def __init__(self): self.ready = []
            def hand_out(self): self.ready.pop().job.set()
            def dismiss(self):
                for hand in list(self.ready):
                    hand.home = True
                    hand.join()
        crew = Crew()
        hand = Hand(crew)
    """)

    finding = find_stop(Target.of_thread(module.hand))

    assert finding.means == ("" if refused else "sets self.home to True")
    assert not refused or "Crew.hand_out() takes it from self.crew.ready, to give it work" in finding.offers[0].why


SPANS = """
    class Export:
        def __init__(self): self.done, self.spans = False, []
        def work(self):
            while not self.done: self.spans.clear()
        def add(self, span):
            if self.done:
                print("dropped")
                return
            self.spans.append(span)
        def shutdown(self): self.done = True
    export = Export()
    def serve(pause):
        while not pause.wait(9): export.add(1)
    def look(pause):
        while not pause.wait(9): print(export.spans)
"""


@pytest.mark.parametrize(("name", "refused"), [("serve", True), ("look", False)])
def test_what_others_hand_to_it_would_be_dropped(
    program: Load, run: Callable[..., threading.Thread], name: str, refused: bool
) -> None:
    module, pause = program(SPANS), threading.Event()
    serving = run(pause.set, getattr(module, name), pause)
    wait_until(lambda: is_inside(serving, threading, "wait"), "who hands it in")

    finding = find_stop(Target(module.export.work))

    assert finding.means == ("" if refused else "sets self.done to True")
    assert not refused or "does nothing then, and others call it" in finding.offers[0].why


PINGS = """
    class Board:
        def __init__(self): self.last, self.running, self.waiting = {"a": time.time()}, {"a": "job"}, []
        def ping(self, name): self.last[name] = time.time()
        def prune(self):
            for name, job in list(self.running.items()):
                if time.time() - self.last[name] > 4: LATE
        def take(self):
            self.prune()
            return self.waiting[:1]
    board, quitting = Board(), threading.Event()
    def beat():
        while not quitting.wait(1): board.ping("a")
    def work(pause):
        while not pause.wait(9): board.take()
"""


@pytest.mark.parametrize(("late", "refused"), [("self.waiting.append(job)", True), ("print(name)", False)])
def test_its_silence_is_taken_for_news_by_those_who_call_for_work(
    program: Load, run: Callable[..., threading.Thread], late: str, refused: bool
) -> None:
    module, pause = program(PINGS.replace("LATE", late)), threading.Event()
    working = run(pause.set, module.work, pause)
    wait_until(lambda: is_inside(working, threading, "wait"), "who works")

    finding = find_stop(Target(module.beat))

    assert finding.means == ("" if refused else "sets quitting")
    assert not refused or "as soon as it no longer renews" in finding.offers[0].why


@pytest.mark.parametrize(("woken", "refused"), [("continue", False), ("compute()", True)])
def test_who_is_woken_in_an_endless_loop_begins_anew(program: Load, woken: str, refused: bool) -> None:
    module = program(f"""
        class Clock:
            def __init__(self): self.bell, self.due, self._over = threading.Condition(), [], False
            def run(self):
                while True:
                    with self.bell:
                        while True:
                            if self._over: return
                            if not self.due:
                                self.bell.wait()
                                {woken}
                            elif self.due[0] < time.monotonic(): break
                            else: self.bell.wait(1)
                        self.due.pop()
            def shutdown(self):
                with self.bell:
                    self._over = True
                    self.bell.notify_all()
                self.thread.join()
        clock = Clock()
    """)

    finding = find_stop(Target(module.clock.run))

    assert finding.means == ("" if refused else "calls its own shutdown()")
    assert not refused or "also tells others, through self.bell" in finding.offers[0].why


GUARD = """
    class Release:
        def __init__(self): self.live, self.abort = "1.8", threading.Event()
        def watch(self):
            for look in range(30):
                if self.abort.wait(1): return False
            return True
        def back(self): self.live = "1.8"
        def settle(self, well):
            if not well: self.live = "1.8"
        def tell(self, well): print("ended", well)
        def guard(self):
            self.live = "1.9"
            {then}
    release = Release()
    def main(pause):
        pause.wait()
        print(release.live)
"""


@pytest.mark.parametrize(
    ("then", "refused"),
    [
        ("if self.watch(): print('stays')\n            else: self.live = '1.8'", True),
        ("if self.watch(): return\n            self.back()", True),
        ("if not self.watch(): self.back()", True),
        ("self.settle(self.watch())", True),
        ("self.tell(self.watch())", False),
        ("if self.watch(): self.back()", False),
        ("if not self.watch(): print('nobody looked')", False),
        ("if not self.watch(): self.live = 'stopped'", False),
    ],
)
def test_what_a_call_gives_tells_what_follows_and_others_go_by_it(
    program: Load, run: Callable[..., threading.Thread], then: str, refused: bool
) -> None:
    module, pause = program(GUARD.format(then=then)), threading.Event()
    thread = run(module.release.abort.set, module.release.guard)
    waiting = run(pause.set, module.main, pause)
    wait_until(lambda: is_inside(waiting, threading, "wait"), "who goes by it")

    finding = find_stop(Target.of_thread(thread))

    assert bool(finding.means) is not refused
    assert not refused or "it then sets self.live to '1.8', and main() goes by that" in finding.offers[0].why


def test_what_a_thread_closes_may_have_another_name_elsewhere(
    program: Load, run: Callable[..., threading.Thread]
) -> None:
    module, pause = (
        program("""
    import sqlite3
    db = sqlite3.connect(":memory:", check_same_thread=False)
    class Sampler:
        def __init__(self, conn): self.conn, self._stop = conn, threading.Event()
        def work(self):
            while not self._stop.wait(1): self.conn.execute("select 1")
            self.conn.close()
    sampler = Sampler(db)
    def bill(pause):
        while not pause.wait(9): db.execute("select 2")
    """),
        threading.Event(),
    )
    assert find_stop(Target(module.sampler.work)).means == "sets self._stop"

    billing = run(pause.set, module.bill, pause)
    wait_until(lambda: is_inside(billing, threading, "wait"), "who uses it")

    assert "it closes self.conn, which bill() uses as well" in doubt(module.sampler.work)


BEGUN = """
    class Worker:
        {kept}
        def run(self):
            while not {flag}.is_set(): self.step()
    class Poller(Worker):
        def step(self): poll()
    class Recorder(Worker):
        def step(self): record()
    closing = threading.Event()
    def poll_line():
        while not closing.is_set(): poll()
    def record_call():
        while not closing.is_set(): record()
    def main(pause):
        if not pause.wait(): threading.Thread(target={later}).start()
    def make(): return {now}
"""


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        (
            {"now": "poll_line", "later": "record_call", "kept": "pass", "flag": "closing"},
            "it also ends record_call(), which is begun later",
        ),
        (
            {"now": "Poller().run", "later": "Recorder().run", "kept": "stop = threading.Event()", "flag": "self.stop"},
            "it also ends each Recorder that is begun later",
        ),
        ({"now": "poll_line", "later": "print", "kept": "pass", "flag": "closing"}, ""),
    ],
)
def test_a_thread_to_come_would_end_at_once(
    program: Load, run: Callable[..., threading.Thread], parts: dict[str, str], why: str
) -> None:
    module, pause = program(BEGUN.format(**parts)), threading.Event()
    beginning = run(pause.set, module.main, pause)
    wait_until(lambda: is_inside(beginning, threading, "wait"), "who begins it")

    finding = find_stop(Target(module.make()))

    assert bool(finding.means) is not bool(why)
    assert not why or why in finding.offers[0].why


CREW = """
    def crawl(site, halt):
        while not halt.wait(9): pass
    class Crew:
        def __init__(self):
            self.closing = threading.Event()
            self.table = {}
            for site in "abc": self.table[site] = self.begin(site)
        def begin(self, site):
            halt = threading.Event()
            thread = threading.Thread(target=crawl, args=(site, halt), daemon=True)
            thread.start()
            return thread, halt
        def keep(self):
            while not self.closing.wait(9): self.look()
        def look(self): LOOK
        def close(self):
            for thread, halt in self.table.values():
                halt.set()
                thread.join()
    crew = Crew()
"""

BY_PAIR = """
            for site, (thread, halt) in list(self.table.items()):
                if thread.is_alive(): continue
                self.table[site] = self.begin(site)
"""

BY_KEY = """
            for site in list(self.table):
                thread, halt = self.table[site]
                if not thread.is_alive(): self.table[site] = self.begin(site)
"""

IN_TWO_STEPS = """
            dead = [site for site, (thread, _) in self.table.items() if not thread.is_alive()]
            for site in dead: self.table[site] = self.begin(site)
"""

TOLD = """
            for site, (thread, halt) in self.table.items():
                if not thread.is_alive(): print(site, "has ended")
"""


@pytest.mark.parametrize(("look", "refused"), [(BY_PAIR, True), (BY_KEY, True), (IN_TWO_STEPS, True), (TOLD, False)])
def test_each_of_several_is_looked_after(
    program: Load, run: Callable[..., threading.Thread], look: str, refused: bool
) -> None:
    module = program(CREW.replace(" LOOK", look))
    keeper = run(module.crew.closing.set, module.crew.keep)
    try:
        wait_until(lambda: is_inside(keeper, threading, "wait"), "who looks")

        found = [find_stop(Target.of_thread(thread)) for thread, _ in module.crew.table.values()]

        assert [each.means for each in found] == ["" if refused else "sets halt"] * 3, found[0].why_not
        if refused:
            assert ["would take it for dead" in each.offers[0].why for each in found] == [True] * 3, found[0].why_not
    finally:
        module.crew.close()


JOINED_IN_ROUNDS = """
    class Crawler(threading.Thread):
        def __init__(self):
            super().__init__(daemon=True)
            self.halted = threading.Event()
        def halt(self): self.halted.set()
        def run(self):
            while not self.halted.wait(9): pass
    class Keeper:
        closing = False
        def keep(self):
            while not self.closing:
                self.crawler = Crawler()
                self.crawler.start()
                self.crawler.join()
        def close(self):
            self.closing = True
            self.crawler.halt()
    keeper = Keeper()
"""


def test_a_thread_that_is_begun_once_more_when_it_has_ended(
    program: Load, run: Callable[..., threading.Thread]
) -> None:
    module = program(JOINED_IN_ROUNDS)
    keeping = run(module.keeper.close, module.keeper.keep)
    wait_until(lambda: is_inside(keeping, threading, "join"), "who waits for its end")

    finding = find_stop(Target.of_thread(module.keeper.crawler))

    assert finding.means == ""
    assert "Keeper.keep() would take it for dead, and calls Crawler()" in finding.offers[0].why


COMMITTED = """
    class Sampler:
        def __init__(self):
            self.db, self.sampling = database, True
            self.thread = threading.Thread(target=self.sample, daemon=True)
            self.thread.start()
        def sample(self):
            while self.sampling: time.sleep(0.01)
        @property
        def active(self): return self.thread.is_alive()
        def finish(self): FINISH
    database = open
    sampler = Sampler()
    def end(): END
"""

FINISH = """
            self.sampling = False
            self.thread.join()
            commit_to(self.db)
    def commit_to(db): db.execute("commit")
"""

IF_IT_LIVES = """
            if not self.active: return
            self.sampling = False
            self.thread.join()
            self.db.execute("commit")
"""


@pytest.mark.parametrize(
    ("finish", "end", "refused"),
    [
        (FINISH, "sampler.finish()", False),
        (FINISH, "\n        if sampler.active: sampler.finish()", True),
        (FINISH, "\n        while sampler.active:\n            if time.time() > 9e9: sampler.finish()", True),
        (IF_IT_LIVES, "sampler.finish()", True),
    ],
)
def test_what_is_done_beside_its_end_would_be_left_out(program: Load, finish: str, end: str, refused: bool) -> None:
    module = program(COMMITTED.replace(" FINISH", finish).replace(" END", " " + end))
    try:
        finding = find_stop(Target.of_thread(module.sampler.thread))

        assert finding.means == ("" if refused else "sets self.sampling to False"), finding.why_not
        assert not refused or "finish() would be left out once the thread has ended" in finding.offers[0].why
    finally:
        module.sampler.sampling = False
        module.sampler.thread.join(PATIENCE)


#: Somebody else's `sealed` says that all has come.
CHANNELS = {
    "asked together": """
            while not (source.sealed.is_set() and not source.pages): self.print_one(source)
    """,
    "asked when nothing is there": """
            while True:
                try: self.printed.append(source.pages.popleft())
                except IndexError:
                    if source.sealed.is_set(): break
    """,
    "asked where nothing is left": """
            while True:
                if not source.pages:
                    if source.sealed.is_set(): break
                else: self.print_one(source)
    """,
}
CHANNEL = """
    import collections
    class Channel:
        def __init__(self): self.sealed, self.pages = threading.Event(), collections.deque()
        def seal(self): self.sealed.set()
    class Press:
        def __init__(self): self.printed = []
        def print_one(self, source):
            if source.pages: self.printed.append(source.pages.popleft())
        def work(self, source):
LOOP
    source, press = Channel(), Press()
    def feed(pause):
        while not pause.wait(): source.pages.append(1)
    def look(pause):
        while not pause.wait(): print(source.pages)
"""


@pytest.mark.parametrize("loop", CHANNELS.values(), ids=CHANNELS)
@pytest.mark.parametrize(("who", "refused"), [("feed", True), ("look", False)])
def test_what_says_that_all_has_come_is_not_said_while_more_comes(
    program: Load, run: Callable[..., threading.Thread], loop: str, who: str, refused: bool
) -> None:
    module, pause = program(CHANNEL.replace("LOOP", loop.strip("\n ").join(("            ", "")))), threading.Event()
    other = run(pause.set, getattr(module, who), pause)
    wait_until(lambda: is_inside(other, threading, "wait"), "the other")

    finding = find_stop(Target(module.press.work, (module.source,)))

    assert finding.means == ("" if refused else "sets source.sealed")
    assert not refused or "of which it tells that no more comes" in finding.offers[0].why


STAMPS = """
    seen, enough, late = {"line 1": 0.0}, threading.Event(), threading.Event()
    def beat(name):
        while not enough.wait(9): seen[name] = time.monotonic()
    def watch():
        while not late.wait():
            now = time.monotonic()
            for name, at in seen.items():
                if now - at > 5: LATE
"""


@pytest.mark.parametrize(("what", "refused"), [("restart(name)", True), ("print(name, 'is late')", False)])
def test_the_silence_of_one_of_several_is_acted_on(
    program: Load, run: Callable[..., threading.Thread], what: str, refused: bool
) -> None:
    module = program(STAMPS.replace("LATE", what))
    watching = run(module.late.set, module.watch)
    wait_until(lambda: is_inside(watching, threading, "wait"), "who watches")

    finding = find_stop(Target(module.beat, ("line 1",)))

    assert finding.means == ("" if refused else "sets enough")
    assert not refused or "as soon as it no longer renews seen['line 1']" in finding.offers[0].why


FED = """
    class Feeder:
        def __init__(self): self.out, self.halted = queue.Queue(), False
        def feed(self):
            while not self.halted:
                self.out.put(9)
                time.sleep(0.01)
            LAST
        def stop(self): self.halted = True
    feeder = Feeder()
    def main(): MAIN
    def others(): OTHERS
"""


@pytest.mark.parametrize(
    ("written", "refused"),
    [
        ({"MAIN": "return sum(feeder.out.get() for _ in range(9))"}, True),
        ({"MAIN": "\n        for _ in range(9): feeder.out.get()"}, True),
        ({"MAIN": "\n        for _ in range(9): feeder.out.get(timeout=1)"}, False),
        ({"MAIN": "\n        while not feeder.out.empty(): feeder.out.get()"}, False),
        ({"MAIN": "return feeder.out.get()", "LAST": "self.out.put(None)"}, False),
        ({"MAIN": "return feeder.out.get()", "OTHERS": "feeder.out.put(8)"}, False),
    ],
)
def test_the_main_thread_would_wait_for_ever(
    program: Load,
    run: Callable[..., threading.Thread],
    monkeypatch: pytest.MonkeyPatch,
    written: dict[str, str],
    refused: bool,
) -> None:
    text = FED
    for name in ("MAIN", "LAST", "OTHERS"):
        text = text.replace(name, written.get(name, "pass"))
    module = program(text)
    thread = run(module.feeder.stop, module.feeder.feed)
    monkeypatch.setattr("taskmon.watch.flags.program.main_lines", lambda: {id(module.main.__code__): 1})

    finding = find_stop(Target.of_thread(thread))

    assert finding.means == ("" if refused else "sets self.halted to True"), finding.why_not
    assert not refused or "main() waits for its self.out" in finding.offers[0].why
