"""What a thread does once it has left its loop: its own affair, a last word, or something that others go by."""

from __future__ import annotations

import asyncio
import collections
import queue
import threading
from collections.abc import Callable

import pytest

from taskmon.watch.flags import Target, find_stop
from tests.helpers.gates import wait_until
from tests.watch.flags.conftest import Load, doubt, is_inside


@pytest.mark.parametrize(
    ("name", "body", "is_work"),
    [
        ("log", 'with open(path, "a") as file: file.write(text)', False),
        ("write_log", "file = open(path, mode); file.write(text)", True),
        ("log", 'with open(path, "w") as file: file.write(text)', True),
        ("sound_alarm", 'with open(path, "a") as file: file.write(text)', True),
        ("log", "siren.start()", True),
    ],
)
def test_a_programs_own_log_is_no_work(program: Load, name: str, body: str, is_work: bool) -> None:
    module = program(f"""
        path, mode = "log.txt", "w"
        def {name}(text):
            {body}
        class Poller:
            def __init__(self): self.halt = False
            def run(self):
                while not self.halt: compute()
                {name}("over")
    """)

    assert bool(find_stop(Target(module.Poller().run)).means) is not is_work


PAYROLL = """
    class Person:
        def __init__(self): self.quit, self.insured = threading.Event(), True
        def give_notice(self): self.quit.set()
    class Payroll:
        def __init__(self, person): self.person, self.hours, self.insured = person, 0, True
        def run(self):
            while not self.person.quit.wait(9): self.hours += 1
            {who}.insured = False
"""


@pytest.mark.parametrize(("who", "refused"), [("self.person", True), ("self", False)])
def test_what_another_object_is_told_is_news(program: Load, who: str, refused: bool) -> None:
    module = program(PAYROLL.format(who=who))
    payroll = module.Payroll(module.Person())

    finding = find_stop(Target(payroll.run))

    assert finding.means == ("" if refused else "sets self.person.quit")
    assert not refused or "writes self.person.insured" in finding.offers[0].why


def test_a_pump_that_is_then_told_to_run(program: Load) -> None:
    module = program("""
        class Valve:
            def __init__(self): self.shut = False
            def turn(self): self.shut = True
        class Pump:
            def __init__(self): self.litres = 0
            def run(self): self.litres += 9
        def dose(valve, pump):
            while not valve.shut: time.sleep(1)
            pump.run()
    """)

    assert "calls run()" in doubt(module.dose, module.Valve(), module.Pump())


SHARED = """
    over = threading.Event()
    def report():
        while not over.wait(9): compute()
    def pay():
        while not over.wait(9): compute()
    def end(threads):
        over.set()
        for thread in threads: thread.join()
"""


def test_a_flag_that_ends_another_threads_work(program: Load, run: Callable[..., threading.Thread]) -> None:
    module = program(SHARED)
    assert find_stop(Target(module.report)).means == "sets over"

    vars(module).update(compute=lambda: None)
    paying = run(module.over.set, module.pay)
    wait_until(lambda: is_inside(paying, module, "pay"), "the other thread")

    assert find_stop(Target(module.report)).why_not == (
        "what was found sets over, but it also ends pay(), which another thread runs"
    )
    assert find_stop(Target.of_thread(paying)).means == "sets over"


LINE = """
    over = threading.Event()
    class Stage:
        def run(self):
            while not over.wait(9): self.work()
    class Price(Stage):
        def work(self): compute()
    class Book(Stage):
        def work(self): compute()
    def end(threads):
        over.set()
        for thread in threads: thread.join()
"""


@pytest.mark.parametrize(("other", "refused"), [("Book", True), ("Price", False)])
def test_a_flag_of_all_stages_of_a_line(
    program: Load, run: Callable[..., threading.Thread], other: str, refused: bool
) -> None:
    module = program(LINE)
    stage = getattr(module, other)()
    running = run(module.over.set, stage.run)
    wait_until(lambda: is_inside(running, module, "run"), "the other stage")

    price = module.Price()
    if refused:
        assert "it also ends a Book, which does other work" in doubt(price.run)
    else:
        assert find_stop(Target(price.run)).means == "sets over"


PLANT = """
    class Plant:
        def __init__(self):
            self.stopping, self.bookings = threading.Event(), deque()
        def measure(self):
            while not self.stopping.is_set():
                self.bookings.append(1)
                self.stopping.wait(0.1)
        def keep(self):
            {starting}
            while not self.stopping.is_set():
                if self.bookings: self.bookings.popleft()
                self.stopping.wait(0.1)
"""


@pytest.mark.parametrize(
    ("starting", "is_one"),
    [("threading.Thread(target=self.measure)", True), ("pass", False)],
    ids=["the other has started it", "the other is beside it"],
)
def test_another_thread_of_the_same_object(
    program: Load, run: Callable[..., threading.Thread], starting: str, is_one: bool
) -> None:
    module = program(PLANT.format(starting=starting))
    vars(module).update(deque=collections.deque)
    plant = module.Plant()
    other = run(plant.stopping.set, plant.keep)
    wait_until(lambda: is_inside(other, module, "keep"), "the other thread")

    if is_one:
        assert find_stop(Target(plant.measure)).means == "sets self.stopping"
    else:
        assert "it also ends Plant.keep(), which another thread runs" in doubt(plant.measure)


WRITER = """
    class Reader:
        def __init__(self, over): self.over = over
        def run(self): self.over.wait()
        def close(self): self.over.set()
    class Writer:
        def __init__(self, reader): self.reader, self.closed, self.woken = reader, False, threading.Event()
        def run(self):
            while not self.closed: self.woken.wait(9)
        def close(self):
            self.closed = True
            self.woken.set()
            self.reader.close()
    def end(writer, thread):
        writer.close()
        thread.join()
"""


def test_its_own_method_ends_another_threads_work(program: Load, run: Callable[..., threading.Thread]) -> None:
    module, over = program(WRITER), threading.Event()
    reader = module.Reader(over)
    writer = vars(module)["writer"] = module.Writer(reader)
    assert find_stop(Target(writer.run)).means == "calls its own close()"

    reading = run(over.set, reader.run)
    wait_until(lambda: is_inside(reading, module, "run"), "the other thread")

    assert find_stop(Target(writer.run)).means != "calls its own close()"


def test_who_names_it_in_an_annotation_does_not_call_it(program: Load) -> None:
    module = program("""
        class Signal:
            def __init__(self): self.up = False
            def set(self): self.up = True
            def is_set(self): return self.up
        def names(text) -> set[str]:
            return set(text.split())
        def work(signal):
            while not signal.is_set(): time.sleep(0.02)
    """)

    assert find_stop(Target(module.work, (module.Signal(),))).means == "sets signal.up to True"


@pytest.mark.parametrize("joined", [True, False])
def test_the_program_sets_it_and_joins_the_thread(program: Load, joined: bool) -> None:
    module = program(f"""
        class Field:
            def __init__(self): self.saved = None
        def grow(field, permit):
            day = 0
            while permit.is_set():
                day += rain()
            field.saved = day
        permit = threading.Event()
        permit.set()
        def withdraw():
            permit.clear()
        def main(thread):
            withdraw()
            {"thread.join()" if joined else "pass"}
    """)

    finding = find_stop(Target(module.grow, (module.Field(), module.permit)))

    assert finding.means == ("clears permit" if joined else "")


@pytest.mark.parametrize(("then", "is_work"), [("guest.close()", False), ("pass", True)])
def test_a_last_word_to_what_is_then_closed(program: Load, then: str, is_work: bool) -> None:
    module = program(f"""
        class Lounge:
            def __init__(self): self.up, self.guests = True, []
            def serve(self):
                while self.up: compute()
                for guest in self.guests:
                    guest.sendall(b"goodbye")
                    {then}
            def hang_up(self): self.up = False
        def main(lounge, thread):
            lounge.hang_up()
            thread.join()
    """)

    assert bool(find_stop(Target(module.Lounge().serve)).means) is not is_work


@pytest.mark.parametrize("otherwise", ["continue", "pass"])
def test_a_coroutine_waits_for_a_time_until_it_is_set(program: Load, otherwise: str) -> None:
    module = program(f"""
        import asyncio
        class Portal:
            def __init__(self): self.bye = asyncio.Event()
            def enter(self): asyncio.run(self.live())
            async def live(self):
                while True:
                    try:
                        await asyncio.wait_for(self.bye.wait(), 9)
                        break
                    except asyncio.TimeoutError:
                        {otherwise}
            def leave(self): self.bye.set()
    """)
    portal = module.Portal()
    assert isinstance(portal.bye, asyncio.Event)

    assert find_stop(Target(portal.enter)).key == ("event", id(portal.bye))


ENDS = """
    import os
    class Account:
        def __init__(self): self.is_over, self.files, self.listed = False, {}, []
        def on_news(self): self.is_over = True
    class Mirror:
        def __init__(self, account):
            self.account, self.path, self.halt, self.files = account, "a path", threading.Event(), {}
        def work(self):
            with open(self.path, "wb") as file:
                while not FLAG:
                    self.account.files[1] = self.files[1] = fetch(file)
            self.finish()
        def finish(self): DONE
        def stop(self):
            self.halt.set()
            self.thread.join()
"""


@pytest.mark.parametrize(
    ("flag", "done", "refused"),
    [
        ("self.account.is_over", "self.account.files.clear()", True),
        ("self.account.is_over", "self.files.clear()", False),
        ("self.account.is_over", "self.account.listed.remove(self)", False),
        ("self.account.is_over", "del self.account.files[1]", True),
        ("self.account.is_over", "os.remove(self.path)", False),
        ("self.account.is_over", "os.remove(self.account.path)", True),
        ("self.account.is_over", "self.account.kept = True", True),
        ("self.account.is_over", "self.account.running = False", True),
        ("self.halt.is_set()", "self.account.running = False", False),
        ("self.halt.is_set()", "self.account.kept = True", False),
    ],
)
def test_what_is_taken_from_others_is_theirs(program: Load, flag: str, done: str, refused: bool) -> None:
    module = program(ENDS.replace("FLAG", flag).replace("DONE", done))
    account = module.Account()
    account.path = "another path"
    mirror = module.Mirror(account)
    vars(module).update(mirror=mirror)

    assert bool(find_stop(Target(mirror.work)).means) is not refused


@pytest.mark.parametrize(("test", "refused"), [("job.aborted", False), ("job.paid", True)])
def test_the_branch_that_is_taken_once_the_flag_is_set(program: Load, test: str, refused: bool) -> None:
    module = program(f"""
        class Job:
            def __init__(self): self.aborted = self.paid = False
            def cancel(self): self.aborted = True
        class Shop:
            def serve(self, job):
                while not job.aborted: compute()
                if not {test}: deliver(job)
        shop = Shop()
    """)

    assert bool(find_stop(Target(module.shop.serve, (module.Job(),))).means) is not refused


def test_a_sentinel_after_which_others_are_told_of_no_product(program: Load) -> None:
    module = program("""
        class Shop:
            def __init__(self): self.shown = "old"
            def swap(self, index): self.shown = index
        def index_all(shop, docs):
            while True:
                if docs.get() is None: break
            shop.swap("new")
    """)

    assert "calls swap()" in doubt(module.index_all, module.Shop(), queue.Queue())


@pytest.mark.parametrize(
    ("told", "refused"),
    [
        ("lambda pages: print(pages)", False),
        ("lambda pages: print('whole' if pages == 9 else 'half')", True),
        ("keep", True),
    ],
)
def test_who_is_called_at_the_end_decides_by_what_has_been_done(program: Load, told: str, refused: bool) -> None:
    module = program(f"""
        def keep(pages):
            if pages < 9: print("half")
        class Scan:
            def __init__(self, on_end): self.quit, self.pages, self.on_end = False, 0, on_end
            def work(self):
                while not self.quit: self.pages += 1
                self.on_end(self.pages)
        scan = Scan({told})
    """)

    assert bool(find_stop(Target(module.scan.work)).means) is not refused


@pytest.mark.parametrize(
    ("loop", "then", "refused"),
    [
        ("time.sleep(9)", "if ship.guests: print('left behind')", True),
        ("compute()", "if ship.guests: print('left behind')", False),
        ("time.sleep(9)", "print('over')", True),
        ("time.sleep(9)", "pass", False),
    ],
)
def test_a_wish_to_another_object_that_a_thread_only_waits_for(
    program: Load, loop: str, then: str, refused: bool
) -> None:
    module = program(f"""
        class Ship:
            def __init__(self): self.shutdown, self.guests = threading.Event(), 3
        def watch(ship):
            while not ship.shutdown.is_set(): {loop}
            {then}
        ship = Ship()
        def land():
            ship.guests = 0
            ship.shutdown.set()
    """)

    assert bool(find_stop(Target(module.watch, (module.ship,))).means) is not refused


@pytest.mark.parametrize(("name", "refused"), [("ended", True), ("until_noon", False)])
def test_what_is_made_of_a_time_that_was_only_waited(program: Load, name: str, refused: bool) -> None:
    module = program(f"""
        class Ride:
            def __init__(self): self.{name}, self.seconds = threading.Event(), 0
            def count(self):
                while not self.{name}.wait(9): self.seconds += 1
                self.fare = self.seconds * 3
            def arrive(self): self.{name}.set()
        ride = Ride()
        def main(thread):
            ride.arrive()
            thread.join()
    """)

    assert bool(find_stop(Target(module.ride.count)).means) is not refused


PUTS_AWAY = """
    import os, pathlib, shutil, subprocess, tempfile
    class Unwanted(Exception): pass
    class Base:
        def put_away(self): print("cold")
    class Shop(Base):
        def __init__(self): self.relieved, self.folder, self.lines = False, pathlib.Path("a folder"), []
        def relieve(self): self.relieved = True
        def work(self):
            handle, self.part = tempfile.mkstemp()
            child = subprocess.Popen(["build"])
            try:
                while True:
                    self.check()
                    compute()
            except Unwanted:
                THEN
                return
            self.sell()
        def check(self):
            if self.relieved: raise Unwanted(self.folder)
        def put_away(self): super().put_away()
    shop = Shop()
    def main(thread):
        shop.relieve()
        thread.join()
"""


@pytest.mark.parametrize(
    ("then", "refused"),
    [
        ("self.put_away()", False),
        ("self.lines.append('end')", False),
        ("(self.folder / 'log').write_text('done')", False),
        ("os.unlink(self.part)", False),
        ("os.unlink(self.folder)", True),
        ("child.kill()", False),
        ("os.kill(child.pid, 9)", True),
        ("self.sell()", True),
    ],
)
def test_a_thread_puts_its_own_things_away(program: Load, then: str, refused: bool) -> None:
    module = program(PUTS_AWAY.replace("THEN", then))

    assert bool(find_stop(Target(module.shop.work)).means) is not refused


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ('print("spinner stopped", label)', False),
        ('logging.info(f"{label}: the poll ends")', False),
        ('print("the market is open")', True),
        ('print("stopped", count(label))', True),
    ],
)
def test_a_thread_that_has_waited_may_say_that_it_ends(program: Load, said: str, refused: bool) -> None:
    module = program(f"""
        import logging
        over = threading.Event()
        def spin(label):
            while not over.is_set(): time.sleep(9)
            {said}
        def end(thread):
            over.set()
            thread.join()
    """)

    assert bool(find_stop(Target(module.spin, ("poll",))).means) is not refused


TILLS = """
    import contextlib
    class Sale:
        def __init__(self): self.items, self.ended = [], 0
        def __enter__(self): return self
        def __exit__(self, error, *_):
            {leaving}
    @contextlib.contextmanager
    def sale(items):
        with contextlib.suppress(KeyError): yield items
        {after}
    class Till:
        def __init__(self): self._shut = threading.Event()
        def serve(self, sale):
            with sale: self.sell(sale.items)
        def serve_anew(self):
            with Sale() as sold: self.sell(sold.items)
        def serve_all(self):
            with sale([]) as items: self.sell(items)
        def sell(self, items):
            while not self._shut.wait(9): items.append(weigh())
        def shut(self): self._shut.set()
    till = Till()
"""


@pytest.mark.parametrize(
    ("leaving", "is_work"),
    [
        ("send(self.items)", True),
        ("if error is None: send(self.items)", True),
        ("if error: cancel_all(self.items)\n            else: send(self.items)", True),
        ("if error is not None: send(self.items)", False),
        ("if not error: return\n            send(self.items)", False),
        ("self.items.clear()", False),
        ("print('sold')", False),
        ("self.ended = time.monotonic()", False),
    ],
)
def test_what_a_context_manager_does_at_last_comes_after(program: Load, leaving: str, is_work: bool) -> None:
    module = program(TILLS.format(leaving=leaving, after="pass"))

    finding = find_stop(Target(module.till.serve, (module.Sale(),)))

    assert finding.means == ("" if is_work else "sets self._shut")
    assert not is_work or "works on after it: calls send()" in finding.offers[0].why


@pytest.mark.parametrize(("after", "is_work"), [("send(items)", True), ("print('sold')", False), ("pass", False)])
def test_what_stands_after_a_yield_comes_after_what_is_done_there(program: Load, after: str, is_work: bool) -> None:
    module = program(TILLS.format(leaving="pass", after=after))

    finding = find_stop(Target(module.till.serve_all))

    assert finding.means == ("" if is_work else "sets self._shut")
    assert not is_work or "works on after it: calls send()" in finding.offers[0].why


def test_a_context_manager_that_is_made_there_is_seen_in_the_running_call(
    program: Load, run: Callable[..., threading.Thread]
) -> None:
    module = program(TILLS.format(leaving="upload(self.items)", after="pass"))
    vars(module).update(upload=print)
    thread = run(module.till.shut, module.till.serve_anew)
    wait_until(lambda: is_inside(thread, module, "sell"), "the sale")

    assert "works on after it: calls upload()" in find_stop(Target.of_thread(thread)).offers[0].why


COPY = """
    import os
    class Response:
        def iter_content(self, size): yield from ()
    class Copy:
        def __init__(self):
            self.cancelled, self.chunks, self.response, self.log = False, [b"x"], Response(), []
        def run(self):
            with open("a.part", "wb") as out:
                LOOP:
                    if self.cancelled: break
                    out.write(b"x")
            THEN
        def keep(self): os.replace("a.part", "a")
        def cancel(self): self.cancelled = True
"""


@pytest.mark.parametrize(
    ("loop", "then", "refused"),
    [
        ("for chunk in self.chunks", "os.replace('a.part', 'a')", True),
        ("for chunk in self.response.iter_content(9)", "self.keep()", True),
        ("for number, chunk in enumerate(self.chunks)", "if not self.cancelled: self.keep()", False),
        ("for chunk in self.chunks", "if self.cancelled: return\n            self.keep()", False),
        ("while True", "self.keep()", False),
    ],
)
def test_what_follows_is_for_when_all_is_done(program: Load, loop: str, then: str, refused: bool) -> None:
    module = program(COPY.replace("LOOP", loop).replace("THEN", then))
    finding = find_stop(Target(module.Copy().run))

    assert finding.means == ("" if refused else "sets self.cancelled to True"), finding.why_not
    assert not refused or "the thread works on after it: calls " in finding.offers[0].why
