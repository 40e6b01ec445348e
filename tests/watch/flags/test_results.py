"""What is made of a pool's call that returns early: told, it may be cancelled; worked with, it may not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from taskmon.watch.flags import Target, find_stop
from tests.helpers.gates import wait_until
from tests.watch.flags.conftest import Load, doubt, is_inside

Run = Callable[..., threading.Thread]

CRAWL = """
    from concurrent.futures import as_completed
    quitting = threading.Event()
    def crawl():
        pages = []
        while not quitting.is_set(): pages.append(1)
        return pages
    def leave(): quitting.set()
"""
CALLBACKS = """
    def publish(future): upload(future.result())
    def tell(future): print("ended", future)
"""


def test_what_a_call_returns_is_published_at_once(program: Load) -> None:
    module = program(CRAWL + CALLBACKS)
    future: Future[object] = Future()
    future.add_done_callback(module.publish)

    assert "publish() is called as soon as it has ended" in doubt(module.crawl, future=future)


def test_the_end_of_a_call_is_only_told(program: Load) -> None:
    module = program(CRAWL + CALLBACKS)
    future: Future[object] = Future()
    future.add_done_callback(module.tell)
    future.add_done_callback(threading.Event().set)  # type: ignore[arg-type]  # of the standard library

    assert find_stop(Target(module.crawl, future=future)).means == "sets quitting"


def test_a_pools_call_knows_what_was_given_for_it(program: Load) -> None:
    module = program(CRAWL)
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(module.crawl)
        try:
            assert find_stop(Target(module.crawl, future=future)).means == "sets quitting"
        finally:
            module.leave()


#: How a stage of two ends, and with what it hands the end on.
STAGES = {
    "by an item": "while True:\n            if (part := raw.get()) is None: break\n            small.put(part)\n"
    "        small.put(None)",
    "by the last of its items": "for part in iter(raw.get, None): small.put(part)\n        small.put(None)",
    "whatever ends it": "try:\n            while not leave.is_set(): small.put(raw.get())\n"
    "        finally: small.put(None)",
    "by a function that it was given": "while not leave.is_set(): small.put(raw.get())\n        on_end()",
}
#: What the other does then; whether that is more than to end.
LAST_STAGES = {
    "seals": ("archive['sealed'] = True\n                return", True),
    "writes what it has": ("book.write(archive)\n                return", True),
    "ends as well": ("print('packed')\n                return", False),
}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("last", LAST_STAGES)
def test_an_end_that_is_handed_on(program: Load, run: Run, stage: str, last: str) -> None:
    """The next one does its last work by what has come so far, as if that were all."""
    then, works = LAST_STAGES[last]
    module = program(f"""
    leave, raw, small, archive = threading.Event(), queue.Queue(), queue.Queue(), {{}}
    class Book:
        def write(self, what): self.text = what
    book = Book()
    def mark(): small.put(None)
    def compress(on_end):
        {STAGES[stage]}
    def pack():
        while True:
            part = small.get()
            if part is None:
                {then}
            archive[part] = part
    def main(thread):
        leave.set()
        raw.put(None)
        thread.join()
    """)
    pack = run(module.mark, module.pack)
    wait_until(lambda: is_inside(pack, module, "pack"))

    finding = find_stop(Target(module.compress, (module.mark,)))

    assert bool(finding.means) is not works
    assert not works or "puts None into small, and pack()" in finding.offers[0].why


WORKS = """
    def upload(pages):
        if pages: post(pages)
    def tidy(stale=()):
        if stale: remove(stale)
"""
#: Who waits for the call, and what he does with its result; whether that is more than to tell or to collect it.
WAITING = {
    "sent": ("pages = future.result()\n        upload(pages)", True),
    "handed on": ("upload(len(future.result()))", True),
    "sent once all are there": ("for each in as_completed([future]):\n            upload(each.result())", True),
    "told": ("print('pages', future.result())", False),
    "only waited for": ("future.result()\n        tidy()", False),
    "collected": ("found = [each.result() for each in [future]]\n        print(len(found))", False),
}


@pytest.mark.parametrize(("text", "refused"), WAITING.values(), ids=WAITING.keys())
def test_somebody_waits_for_what_it_returns(
    program: Load, run: Callable[..., threading.Thread], text: str, refused: bool
) -> None:
    module = program(CRAWL + WORKS + f"    def take(future):\n        {text}\n")
    future: Future[object] = Future()
    taking = run(lambda: future.set_result([]), module.take, future)
    wait_until(lambda: is_inside(taking, module, "take") and bool(future._waiters or waits(future)), "who waits")

    finding = find_stop(Target(module.crawl, future=future))

    assert finding.means == ("" if refused else "sets quitting")
    assert not refused or "take() waits for what it returns" in finding.offers[0].why


def waits(future: Future[object]) -> bool:
    """Whether somebody waits for it."""
    return bool(future._condition._waiters)  # type: ignore[attr-defined]


JOINED = """
    import shutil
    class Film:
        def __init__(self): self.frames, self.size, self.quitting, self.path = [], 9, threading.Event(), '/dev/null'
        def render(self):
            while not self.quitting.is_set(): self.frames.append(self.quitting.wait())
        def cancel(self): self.quitting.set()
    def publish(frames): send(frames)
    def take(film):
        film.thread.join()
        publish(film.frames)
    def take_slowly(film):
        while film.thread.is_alive(): film.thread.join(9)
        publish(film.frames)
    def tell(film):
        film.thread.join()
        print(len(film.frames))
    def write(film):
        with open(film.path, "w") as file:
            while not film.quitting.is_set(): file.write(str(film.quitting.wait()))
    def take_the_file(film):
        film.thread.join()
        shutil.copy(film.path, "/films")
    def tell_of_the_file(film):
        film.thread.join()
        print(film.path)
    def judge(film):
        film.thread.join()
        if len(film.frames) < 9: print("too short")
        else: print("shown")
    def take_what_it_had(film):
        film.thread.join()
        publish(film.size)
    def send(frames):
        if not frames: upload(frames)
"""


@pytest.mark.parametrize(
    ("name", "refused"),
    [("take", True), ("take_slowly", True), ("judge", True), ("tell", False), ("take_what_it_had", False)],
)
def test_somebody_joins_a_thread_for_what_it_collects(
    program: Load, run: Callable[..., threading.Thread], name: str, refused: bool
) -> None:
    module = program(JOINED)
    film = module.Film()
    vars(module).update(film=film)
    film.thread = run(film.cancel, film.render)
    taking = run(film.cancel, getattr(module, name), film)
    wait_until(lambda: is_inside(taking, threading, "join"), "who joins")

    finding = find_stop(Target.of_thread(film.thread))

    assert finding.means == ("" if refused else "sets self.quitting")
    assert not refused or f"{name}() waits for its end, and works with what it has made" in finding.offers[0].why


@pytest.mark.parametrize(("name", "refused"), [("take_the_file", True), ("tell_of_the_file", False)])
def test_somebody_joins_a_thread_for_the_file_it_writes(
    program: Load, run: Callable[..., threading.Thread], name: str, refused: bool
) -> None:
    module = program(JOINED)
    film = module.Film()
    vars(module).update(film=film)
    film.thread = run(film.cancel, module.write, film)
    taking = run(film.cancel, getattr(module, name), film)
    wait_until(lambda: is_inside(taking, threading, "join"), "who joins")

    finding = find_stop(Target.of_thread(film.thread))

    assert finding.means == ("" if refused else "sets film.quitting")
    assert not refused or f"{name}() waits for its end, and works with what it has made" in finding.offers[0].why


TOLD = """
    class Tank:
        def __init__(self): self.over, self.level, self.go = False, 0, threading.Event()
        def watch(self):
            while not self.over: self.level += 1
            {then}
        def end(self): self.over = True
    tank, opened, leaving = Tank(), [], threading.Event()
    def main(thread):
        leaving.set()
        tank.end()
        thread.join()
        tank.go.set()
    def pump():
        tank.go.wait()
        if not leaving.is_set(): flood()
    def poll():
        while not leaving.wait(0.01) and not opened: pass
    def look_later(): print(opened)
"""


@pytest.mark.parametrize(
    ("then", "who", "why"),
    [
        ("self.go.set()", "pump", "gives a sign by self.go, and pump()"),
        ("opened.append(1)", "poll", "works on after it: calls append()"),
        ("opened.append(1)", None, ""),
        ("print(self.level)", "pump", ""),
    ],
)
def test_somebody_goes_by_what_it_says_at_last(
    program: Load, run: Callable[..., threading.Thread], then: str, who: str | None, why: str
) -> None:
    module = program(TOLD.format(then=then))
    thread = run(lambda: None, module.tank.watch)
    if who is not None:
        hearing = run(lambda: module.main(thread), getattr(module, who))
        wait_until(lambda: is_inside(hearing, threading, "wait"), "who hears of it")

    finding = find_stop(Target.of_thread(thread))
    if who is None:
        module.main(thread)

    assert finding.means == ("" if why else "sets self.over to True")
    assert why in finding.why_not


POLLED = """
    import heapq
    class Valve:
        def __init__(self): self.checks, self.wide = 0, False
        def check(self): self.checks += 1
    class Boiler:
        def __init__(self, valve): self.valve, self.boiled, self.thread = valve, False, None
        def watch(self):
            while not self.boiled: self.valve.check()
            self.valve.wide = True
        def boil(self):
            self.boiled = True
            self.thread.join()
    valve, leaving = Valve(), threading.Event()
    boiler = Boiler(valve)
    def flood(): heapq.heapify([])
    def look():
        while not leaving.wait(0.01):
            if valve.wide: flood()
    def tell():
        while not leaving.wait(0.01):
            if valve.wide: print("burst")
    def wait():
        while not valve.wide and not leaving.wait(0.01): pass
    def wait_and_flood():
        wait()
        flood()
    def wait_and_tell():
        wait()
        print("burst")
    def end():
        leaving.set()
        boiler.boil()
"""


@pytest.mark.parametrize(
    ("who", "refused"),
    [("look", True), ("tell", False), ("wait_and_flood", True), ("wait_and_tell", False), ("", False)],
)
def test_somebody_works_by_what_it_says_at_last(
    program: Load, run: Callable[..., threading.Thread], who: str, refused: bool
) -> None:
    module = program(POLLED)
    thread = module.boiler.thread = run(module.end, module.boiler.watch)
    if who:
        asking = run(module.leaving.set, getattr(module, who))
        wait_until(lambda: is_inside(asking, threading, "wait"), "who asks")

    finding = find_stop(Target.of_thread(thread))

    assert finding.means == ("" if refused else "sets self.boiled to True")
    assert not refused or "looks for its wide" in finding.offers[0].why


BUS = """
    leaving = threading.Event()
    class Bus:
        def __init__(self): self.stop_requested, self.speed, self.way = False, 80, 0
        def drive(self):
            while not self.stop_requested:
                self.way += self.speed
                time.sleep(0.01)
            self.speed = 0
        def stop(self): self.stop_requested = True
    bus = Bus()
    def follow():
        while not leaving.wait():
            if bus.speed == 0: brake()
    def give_up():
        while not leaving.wait():
            if bus.speed == 0: sys.exit(3)
    def show():
        while not leaving.wait():
            if bus.speed == 0: print("it stands")
"""


@pytest.mark.parametrize(("who", "refused"), [("follow", True), ("give_up", True), ("show", False)])
def test_somebody_works_by_what_it_says_even_if_its_name_is_a_wish(
    program: Load, run: Callable[..., threading.Thread], who: str, refused: bool
) -> None:
    module = program(BUS)
    thread = run(module.bus.stop, module.bus.drive)
    other = run(module.leaving.set, getattr(module, who))
    wait_until(lambda: is_inside(other, threading, "wait"), "who looks at it")

    finding = find_stop(Target.of_thread(thread))

    assert finding.means == ("" if refused else "sets self.stop_requested to True")
    assert not refused or "looks for its speed" in finding.offers[0].why


WHOLE = """
    class Scan:
        def __init__(self): self.left, self.seen, self._running, self.threads = 9, 0, True, []
        def work(self):
            while self._running and self.left: self.seen += 1
        def wait(self, pause):
            for thread in self.threads:
                while thread.is_alive() and not pause.wait(9): pass
            return True
        def stop(self): self._running = False
    scan = Scan()
    def tell(): print("scan completed")
    def main(pause):
        while not scan.wait(pause): print("scanning")
        THEN
"""


@pytest.mark.parametrize(
    ("then", "refused"), [("print(f'complete: {scan.seen}')", True), ("tell()", True), ("print(scan.seen)", False)]
)
def test_its_end_is_told_as_if_all_were_done(
    program: Load, run: Callable[..., threading.Thread], then: str, refused: bool
) -> None:
    module, pause = program(WHOLE.replace("THEN", then)), threading.Event()
    module.scan.threads += [run(module.scan.stop, module.scan.work) for _ in range(2)]
    waiting = run(pause.set, module.main, pause)
    wait_until(lambda: is_inside(waiting, threading, "wait"), "who waits")

    finding = find_stop(Target.of_thread(module.scan.threads[1]))

    assert finding.means == ("" if refused else "sets self._running to False")
    assert not refused or "wait() waits for its end, after which it is told that all is done" in finding.offers[0].why


#: How a batch is sent off that was not yet full; whether the thread itself does so.
BATCHES = {
    "by the method that ends the thread": ("self.flush()\n            self.running = False", "pass", True),
    "by the thread": ("self.flush()\n            self.running = False", "self.flush()", False),
    "by nobody": ("self.running = False", "pass", False),
}


@pytest.mark.parametrize(("close", "after", "refused"), BATCHES.values(), ids=BATCHES.keys())
def test_a_batch_that_is_not_full(program: Load, close: str, after: str, refused: bool) -> None:
    """Whoever only sets the flag leaves it, and what it holds has been accepted."""
    module = program(f"""
    class Batcher:
        def __init__(self, send):
            self.send, self.inbox, self.pending, self.running = send, queue.Queue(), [], True
        def flush(self):
            if self.pending: self.send(self.pending)
            self.pending = []
        def close(self):
            {close}
            self.thread.join()
        def loop(self):
            while self.running:
                self.pending.append(self.inbox.get())
                if len(self.pending) >= 25: self.flush()
            {after}
    batcher = Batcher(lambda batch: open("stored", "a").write(str(batch)))
    def leave(): batcher.close()
    """)

    finding = find_stop(Target(module.batcher.loop))

    assert bool(finding.means) is not refused
    assert not refused or "what is in pending would be left" in finding.offers[0].why


def test_who_waits_for_the_end_may_have_been_given_the_thread(program: Load, run: Run) -> None:
    module, pause = (
        program("""
    class Reader:
        def __init__(self): self.done, self._over = 0, False
        def work(self):
            while not self._over: self.done += 1
        def stop(self): self._over = True
    reader = Reader()
    def export(thread, pause):
        while thread.is_alive() and not pause.wait(9): pass
        print("export: complete")
    """),
        threading.Event(),
    )
    thread = run(module.reader.stop, module.reader.work)
    assert find_stop(Target.of_thread(thread)).means == "sets self._over to True"

    exporting = run(pause.set, module.export, thread, pause)
    wait_until(lambda: is_inside(exporting, threading, "wait"), "who waits")

    finding = find_stop(Target.of_thread(thread))
    assert finding.means == ""
    assert "export() waits for its end, after which it is told that all is done" in finding.offers[0].why


SHIPPER = """
    class Shipper:
        def __init__(self):
            self.lines, self.alive, self.KEEP = [], True, False
        def batches(self):
            while self.alive: yield compute()
            if self.KEEP: yield self.lines
        def run(self):
            for batch in self.batches(): self.lines.append(batch)
        ABORT
        def close(self CLOSE
            self.alive = False
"""
ABORT = "def abort(self): self.alive = False"


@pytest.mark.parametrize(
    ("abort", "close", "means"),
    [
        (ABORT, "):\n            self.KEEP = True", ""),
        (ABORT.replace("self.alive", "self.KEEP = self.alive"), "):", ""),
        ("", "):\n            self.KEEP = True", "calls its own close()"),
        ("", ", keep):\n            self.KEEP = keep", ""),
    ],
)
def test_two_ways_to_end_that_are_told_apart(program: Load, abort: str, close: str, means: str) -> None:
    module = program(SHIPPER.replace("ABORT", abort).replace(" CLOSE", close))
    finding = find_stop(Target(module.Shipper().run))

    assert finding.means == means, finding.why_not
    assert means or "also sets KEEP, which the thread looks at" in finding.offers[0].why


FOLLOWING = """
        class Replica:
            def __init__(self): self.seen, self.stopped = [], threading.Event()
            def changes(self):
                while not self.stopped.is_set(): yield compute()
                THEN
            def run(self):
                for change in self.changes(): self.seen.append(change)
            def stop(self): self.stopped.set()
        def take_over(): disk.mount()
"""


@pytest.mark.parametrize(("then", "refused"), [("take_over()", True), ("print('no more')", False)])
def test_a_generator_is_followed_to_its_end(program: Load, then: str, refused: bool) -> None:
    module = program(FOLLOWING.replace("THEN", then))
    finding = find_stop(Target(module.Replica().run))

    assert finding.means == ("" if refused else "sets self.stopped"), finding.why_not
    assert not refused or "the thread works on after it: calls take_over()" in finding.offers[0].why
