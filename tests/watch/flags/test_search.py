"""Flags in all the places where programs keep them: found, named, and set in the right way round."""

from __future__ import annotations

import textwrap
import threading
from collections.abc import Callable

import pytest

from taskmon.watch.flags import Target, find_stop
from tests.helpers.gates import PATIENCE, wait_until
from tests.watch.flags.conftest import Load

#: A program with a function `make()` that returns the thread's function and its arguments; what a cancel would do.
FLAGS = {
    "event argument": (
        """
        def work(stop_event):
            while not stop_event.is_set():
                stop_event.wait(1)
        def make(): return work, threading.Event()
        """,
        "sets stop_event",
    ),
    "wait as the test": (
        """
        def work(halt):
            while not halt.wait(1):
                print("tick")
        def make(): return work, threading.Event()
        """,
        "sets halt",
    ),
    "event cleared to stop": (
        """
        def work(running):
            while running.is_set():
                time.sleep(1)
        def make():
            running = threading.Event()
            running.set()
            return work, running
        """,
        "clears running",
    ),
    "boolean on self": (
        """
        class Service:
            def __init__(self): self.running = True
            def loop(self):
                while self.running: time.sleep(1)
            def stop(self): self.running = False
        def make(): return (Service().loop,)
        """,
        "sets self.running to False",
    ),
    "break in an endless loop": (
        """
        class Camera:
            def __init__(self): self.stopped = False
            def update(self):
                while True:
                    if self.stopped:
                        return
                    time.sleep(1)
            def stop(self): self.stopped = True
        def make(): return (Camera().update,)
        """,
        "sets self.stopped to True",
    ),
    "name of the defining class": (
        """
        class Base:
            def __init__(self): self.__stop = False
            def run(self):
                while not self.__stop: time.sleep(1)
            def stop(self): self.__stop = True
        class Derived(Base): pass
        def make(): return (Derived().run,)
        """,
        "sets self.__stop to True",
    ),
    "global": (
        """
        keep_running = True
        def work():
            while keep_running: time.sleep(1)
        def make(): return (work,)
        """,
        "sets keep_running to False",
    ),
    "closure": (
        """
        def make():
            stop = False
            def work():
                while not stop: time.sleep(1)
            def cancel():
                nonlocal stop
                stop = True
            return (work,)
        """,
        "sets stop to True",
    ),
    "list cell": (
        """
        def make():
            running = [True]
            def work():
                while running[0]: time.sleep(1)
            return (work,)
        """,
        "sets running[0] to False",
    ),
    "dict cell": (
        """
        def work(state):
            while state["running"]: time.sleep(1)
        def make(): return work, {"running": True}
        """,
        "sets state['running'] to False",
    ),
    "method": (
        """
        class Job:
            def __init__(self): self._e = threading.Event()
            def should_go_on(self): return not self._e.is_set()
            def work(self):
                while self.should_go_on(): time.sleep(1)
            def stop(self): self._e.set()
        def make(): return (Job().work,)
        """,
        "sets self._e",
    ),
    "property": (
        """
        class Job:
            def __init__(self): self._cancelled = False
            @property
            def cancelled(self):
                with lock:
                    return self._cancelled
            def work(self):
                for number in range(10**9):
                    if self.cancelled: break
        lock = threading.Lock()
        def make(): return (Job().work,)
        """,
        "sets self._cancelled to True",
    ),
    "callable argument": (
        """
        def work(should_stop):
            while not should_stop(): time.sleep(1)
        def make():
            stop = threading.Event()
            return work, stop.is_set
        """,
        "sets should_stop",
    ),
    "local copy": (
        """
        class Repeating:
            def __init__(self): self.__stop = threading.Event()
            def run(self):
                stopped = self.__stop.is_set()
                while not stopped:
                    stopped = self.__stop.wait(1)
            def stop(self): self.__stop.set()
        def make(): return (Repeating().run,)
        """,
        "sets self.__stop",
    ),
    "two calls down": (
        """
        class Worker:
            def __init__(self): self._abort = False
            def run(self): self._run_all()
            def _run_all(self):
                try:
                    self._loop(3)
                finally:
                    print("end")
            def _loop(self, n):
                while not self._abort: time.sleep(n)
            def abort(self): self._abort = True
        def make(): return (Worker().run,)
        """,
        "sets self._abort to True",
    ),
    "partial": (
        """
        def work(n, *, quit_event):
            while not quit_event.is_set(): time.sleep(n)
        def make(): return (functools.partial(work, 3, quit_event=threading.Event()),)
        """,
        "sets quit_event",
    ),
    "decorated": (
        """
        def logged(function):
            @functools.wraps(function)
            def wrapper(*args, **kwargs):
                print("start")
                return function(*args, **kwargs)
            return wrapper
        @logged
        def work(stop):
            while not stop.is_set(): time.sleep(1)
        def make(): return work, threading.Event()
        """,
        "sets stop",
    ),
    "state, one of two": (
        """
        class Download:
            def __init__(self): self.status = "downloading"
            def pause(self): self.status = "paused"
            def work(self):
                while self.status == "downloading" or self.status == "paused": time.sleep(1)
            def stop(self): self.status = "stopped"
        def make(): return (Download().work,)
        """,
        "sets self.status to 'stopped'",
    ),
    "variable of the loop": (
        """
        leave = threading.Event()
        def work():
            going = True
            while going:
                if leave.is_set():
                    print("leaving")
                    going = False
                compute()
        def end(): leave.set()
        def make(): return (work,)
        """,
        "sets leave",
    ),
    "variable of the outer loop": (
        """
        class Client:
            def __init__(self): self._terminate = False
            def start(self):
                self._thread = threading.Thread(target=self.work)
                self._thread.start()
            def stop(self):
                self._terminate = True
                self._thread.join()
            def work(self):
                going = True
                while going:
                    code = 0
                    while code == 0:
                        code = compute()
                        if self._terminate is True:
                            code = 1
                            going = False
        def make(): return (Client().work,)
        """,
        "sets self._terminate to True",
    ),
    "nothing left after a wait": (
        """
        class Mailer:
            def __init__(self):
                self._changed, self._letters, self._closed = threading.Condition(), [], False
            def close(self): self._closed = True
            def work(self):
                while True:
                    with self._changed:
                        while not self._letters and not self._closed:
                            self._changed.wait()
                        if len(self._letters) == 0:
                            return
                        letter = self._letters.pop()
                    send(letter)
        def make(): return (Mailer().work,)
        """,
        "sets self._closed to True",
    ),
    "nothing left after wait_for": (
        """
        class Mailer:
            def __init__(self):
                self._changed, self._letters, self._closed = threading.Condition(), [], False
            def close(self): self._closed = True
            def work(self):
                while True:
                    with self._changed:
                        self._changed.wait_for(lambda: self._letters or self._closed)
                        if not self._letters:
                            return
                        letter = self._letters.pop()
                    send(letter)
        def make(): return (Mailer().work,)
        """,
        "sets self._closed to True",
    ),
    "closed, with nothing left": (
        """
        class Log:
            def __init__(self): self.lines, self.closing = [], False
            def close(self): self.closing = True
            def work(self):
                while True:
                    if self.closing and not self.lines: break
                    write(self.lines.pop())
        def make(): return (Log().work,)
        """,
        "sets self.closing to True",
    ),
    "weakly held, let go each round": (
        """
        import weakref
        class Pool:
            def __init__(self): self._closed = False
            def close(self): self._closed = True
        def work(ref):
            while True:
                pool = ref()
                if pool is None or pool._closed: return
                compute(pool)
                del pool
                time.sleep(1)
        pool = Pool()
        def make(): return work, weakref.ref(pool)
        """,
        "sets pool._closed to True",
    ),
    "what is left is done as in each round": (
        """
        class Sender:
            def __init__(self): self.done, self.rows = False, []
            def shutdown(self): self.done = True
            def work(self):
                while not self.done:
                    time.sleep(1)
                    self.send(5)
                self.send(5)
            def send(self, most):
                while self.rows: post(self.rows.pop(), most)
        def make(): return (Sender().work,)
        """,
        "sets self.done to True",
    ),
    "raised below calls within other expressions": (
        """
        class Enough(Exception): pass
        class Baker:
            def __init__(self): self.sated, self.loaves = False, 0
            def work(self):
                try:
                    while True: self.loaves += len(self.one()) > 2
                except Enough: print("over")
            def one(self): return f"{self.bake()[0]} baked"
            def bake(self): return [self.knead() + 1, 2]
            def knead(self):
                if self.sated: raise Enough
                return 1
            def sate(self): self.sated = True
        def make(): return (Baker().work,)
        """,
        "sets self.sated to True",
    ),
    "a byte for each, set by a slice": (
        """
        class Loom:
            def __init__(self): self.raised = bytearray(3)
            def weave(self, number):
                while not self.raised[number]: time.sleep(1)
            def raise_all(self): self.raised[:] = bytes([1]) * 3
        def make(): return (functools.partial(Loom().weave, 1),)
        """,
        "sets self.raised[1] to 1",
    ),
    "a place for each in a list: its method ends them all": (
        """
        class Loom:
            def __init__(self): self.raised, self.note = [False] * 3, None
            def weave(self, number):
                while not self.raised[number]: time.sleep(1)
            def finish(self):
                for number in range(3): self.raised[number] = True
        def make(): return (functools.partial(Loom().weave, 1),)
        """,
        "sets self.raised[1] to True",
    ),
    "a lambda of a comprehension": (
        """
        class Loom:
            def __init__(self): self.halted = False
            def weave(self, number):
                while not self.halted: time.sleep(number)
            def halt(self): self.halted = True
        looms = [Loom()]
        def make(): return [lambda loom=loom: loom.weave(1) for loom in looms][:1]
        """,
        "sets loom.halted to True",
    ),
    "a context that a lambda runs in": (
        """
        import contextvars
        lull = contextvars.ContextVar("lull")
        def sail():
            while not lull.get().is_set(): time.sleep(1)
        def make():
            calm = threading.Event()
            context = contextvars.copy_context()
            context.run(lull.set, calm)
            def moor(): calm.set()
            return lambda: context.run(sail),
        """,
        "sets lull.get()",
    ),
    "a condition that belongs to others": (
        """
        class Hall:
            def __init__(self): self.bell, self.jobs = threading.Condition(), []
        class Porter:
            def __init__(self, hall): self.hall, self._home = hall, False
            def serve(self):
                while True:
                    with self.hall.bell:
                        while not self.hall.jobs and not self._home: self.hall.bell.wait()
                        if self._home: return
                        self.hall.jobs.pop()
            def send_home(self):
                with self.hall.bell:
                    self._home = True
                    self.hall.bell.notify_all()
        def close(porter, thread):
            porter.send_home()
            thread.join()
        def make(): return (Porter(Hall()).serve,)
        """,
        "calls its own send_home()",
    ),
    "given as the item of a dictionary": (
        """
        control = {"abort": False}
        def work(control):
            while not control["abort"]: time.sleep(1)
        def start():
            threading.Thread(target=work, kwargs={"control": control}).start()
            control["abort"] = True
        def make(): return (functools.partial(work, control=control),)
        """,
        "sets control['abort'] to True",
    ),
    "its predicate is handed to the thread": (
        """
        class Token:
            def __init__(self): self._cancelled = False
            def cancel(self): self._cancelled = True
            def cancelled(self): return self._cancelled
        token = Token()
        def work(cancelled):
            while not cancelled(): time.sleep(1)
        def start():
            threading.Thread(target=work, args=(token.cancelled,)).start()
        def make(): return work, token.cancelled
        """,
        "sets self._cancelled to True",
    ),
    "an iterator of its own": (
        """
        class Changes:
            def __init__(self): self.should_exit = threading.Event()
            def __iter__(self): return self
            def __next__(self):
                if self.should_exit.wait(1): raise StopIteration
                return compute()
            def run(self):
                for change in self: use(change)
        def make(): return (Changes().run,)
        """,
        "sets self.should_exit",
    ),
    "a list that is emptied": (
        """
        token = ["go"]
        def work():
            while token: time.sleep(1)
        def leave():
            if token: token.pop()
        def make(): return (work,)
        """,
        "empties token",
    ),
    "a list that is filled": (
        """
        class Clock:
            def __init__(self): self.quits = []
            def work(self):
                while not self.quits: time.sleep(1)
            def quit(self): self.quits.append("now")
        def make(): return (Clock().work,)
        """,
        "fills self.quits",
    ),
    "an event that may be missing": (
        """
        class Report:
            def __init__(self, ended): self.ended = ended
            def work(self):
                while self.ended is None or not self.ended.wait(5): print("report")
        def make(): return (Report(threading.Event()).work,)
        """,
        "sets self.ended",
    ),
    "its own stop cannot be called twice": (
        """
        class Meter:
            def __init__(self): self.halt, self.thread, self.line = threading.Event(), threading.Thread(), Line()
            def work(self):
                while not self.halt.is_set(): self.line.read()
            def stop(self):
                self.halt.set()
                self.thread.join()
                self.line.close()
                self.thread = None
        class Line:
            def read(self): pass
            def close(self): pass
        def make(): return (Meter().work,)
        """,
        "sets self.halt",
    ),
    "a truth shown by a proxy": (
        """
        import types
        settings = {"halt": False}
        def work(shown):
            while not shown["halt"]: compute()
        def leave(): settings["halt"] = True
        def make(): return work, types.MappingProxyType(settings)
        """,
        "sets shown['halt'] to True",
    ),
    "put into a context variable": (
        """
        import contextvars
        halt = contextvars.ContextVar("halt")
        stop = threading.Event()
        halt.set(stop)
        context = contextvars.copy_context()
        def tail():
            while not halt.get().is_set(): compute()
        def leave(): stop.set()
        def make(): return context.run, tail
        """,
        "sets halt.get()",
    ),
    "asked for": (
        """
        class Reader(threading.Thread):
            kill_received = False
            def run(self):
                while not self.kill_received: compute()
        reader = Reader()
        def main():
            try: compute()
            except KeyboardInterrupt: reader.kill_received = True
        def make(): return (reader.run,)
        """,
        "sets self.kill_received to True",
    ),
    "switched by a property": (
        """
        class Mixer:
            def __init__(self): self._enabled = True
            @property
            def enabled(self): return self._enabled
            @enabled.setter
            def enabled(self, value):
                if value and not self._enabled:
                    self._enabled = True
                    threading.Thread(target=self.mix).start()
                elif not value and self._enabled:
                    self._enabled = False
            def mix(self):
                while self._enabled: compute()
        mixer = Mixer()
        def over(): mixer.enabled = False
        def make(): return (mixer.mix,)
        """,
        "sets self._enabled to False",
    ),
    "who takes its last word ends": (
        """
        parts = queue.Queue()
        class Stage:
            def __init__(self): self.stop = False
            def run(self):
                while not self.stop: parts.put(compute())
                parts.put(None)
        stage = Stage()
        def leave(): stage.stop = True
        def show():
            while True:
                part = parts.get()
                if part is None: break
                print(part)
        def make(): return (stage.run,)
        """,
        "sets self.stop to True",
    ),
    "a state that others ask for other values": (
        """
        import enum
        class Phase(enum.Enum): SHOWN, HIDDEN, GONE = range(3)
        class Window:
            def __init__(self): self.phase = Phase.SHOWN
            def destroy(self): self.phase = Phase.GONE
            def loop(self):
                while self.phase is not Phase.GONE: compute()
        window = Window()
        def main():
            while True:
                if window.phase is Phase.HIDDEN: show(window)
        def make(): return (window.loop,)
        """,
        "sets self.phase to Phase.GONE",
    ),
    "lines of its own kind": (
        """
        class Tail:
            def __init__(self): self._open = True
            def __iter__(self):
                while self._open: yield "line"
            def close(self): self._open = False
        def count(tail, lines):
            for line in tail: lines.append(line)
        def make(): return count, Tail(), []
        """,
        "sets tail._open to False",
    ),
    "switched on before it starts, and joined once it is off": (
        """
        class Scan:
            def __init__(self): self.yunxing = False
            def kaishi(self): self.yunxing = True
            def tingzhi(self): self.yunxing = False
        def look(scan):
            while True:
                if not scan.yunxing: break
                compute()
        scan = Scan()
        def main():
            scan.kaishi()
            thread = threading.Thread(target=look, args=(scan,))
            thread.start()
            scan.tingzhi()
            thread.join()
        def make():
            scan.kaishi()
            return look, scan
        """,
        "sets scan.yunxing to False",
    ),
    "a last word where it has spoken in each round": (
        """
        class Beat:
            def __init__(self, line): self.line, self._tick, self.thread = line, threading.Event(), None
            def __exit__(self, *error):
                self._tick.set()
                self.thread.join()
            def run(self):
                while not self._tick.wait(0.5): self.line.sendto(b"here", "there")
                self.line.sendto("bye".encode(), "there")
        def make(): return (Beat(functools).run,)
        """,
        "sets self._tick",
    ),
    "what its own method then makes ready for the next start": (
        """
        class Spinner:
            def __init__(self): self._spin, self._frame, self.ended, self.thread = threading.Event(), 0, None, None
            def run(self):
                while not self._spin.wait(0.1): self._frame += 1
            def stop(self, show):
                self.ended = time.time()
                self._spin.set()
                self.thread.join()
                self._frame = 0
                show("over")
        def make(): return (Spinner().run,)
        """,
        "sets self._spin",
    ),
    "an inbox whose function gives None once it is over": (
        """
        over = threading.Event()
        def take(box):
            while not over.is_set():
                if box: return box.pop()
                time.sleep(1)
            return None
        def read(box):
            while True:
                letter = take(box)
                if letter is None: break
                compute()
        def leave(): over.set()
        def make(): return read, []
        """,
        "sets over",
    ),
    "state": (
        """
        class Download:
            def __init__(self): self.status = "downloading"
            def work(self):
                while self.status == "downloading": time.sleep(1)
            def stop(self): self.status = "stopped"
        def make(): return (Download().work,)
        """,
        "sets self.status to 'stopped'",
    ),
}


@pytest.mark.parametrize(("text", "means"), FLAGS.values(), ids=FLAGS.keys())
def test_a_flag_is_found_named_and_set(program: Load, text: str, means: str) -> None:
    function, *args = program(text).make()

    finding = find_stop(Target(function, tuple(args), {}))

    assert (finding.means, finding.why_not) == (means, "")
    assert finding.apply().done
    # A method of the program's own is called in a thread aside.
    wait_until(lambda: not find_stop(Target(function, tuple(args), {})).means, "the flag that is set")


WHILE_IT_RUNS = {
    "an inbox of its own kind that is sealed": (
        """
        class Inbox:
            def __init__(self): self.changed, self.letters, self.sealed = threading.Condition(), [], False
            def take(self):
                with self.changed:
                    while not self.letters and not self.sealed: self.changed.wait()
                    return self.letters.pop(0) if self.letters else None
            def seal(self):
                with self.changed:
                    self.sealed = True
                    self.changed.notify_all()
        def read(inbox):
            while (letter := inbox.take()) is not None: compute()
        inbox = Inbox()
        def main(thread):
            inbox.seal()
            thread.join()
        def make(): return read, inbox
        """,
        "calls its own seal()",
    ),
    "a token that is cancelled for a reason": (
        """
        class Token:
            def __init__(self): self.reason, self._hit = "", False
            def cancel(self, reason="user"):
                self.reason = reason
                self._hit = True
            @property
            def cancelled(self): return self._hit
        def pull(token):
            while not token.cancelled: compute()
        def make(): return pull, Token()
        """,
        "calls its own cancel()",
    ),
    "a thread that is no longer pointed at": (
        """
        class Panel:
            def __init__(self): self._t = None
            def attach(self):
                self._t = threading.Thread(target=self.pump, daemon=True)
                return self._t
            def detach(self):
                t, self._t = self._t, None
                if t is not None: t.join()
            def pump(self):
                me = threading.current_thread()
                while self._t is me: compute()
        panel = Panel()
        def make(): return (panel.attach(),)
        """,
        "calls its own detach()",
    ),
    "at once, where its own method would only finish first": (
        """
        class Jobs(threading.Thread):
            def __init__(self): self.jobs, self._later, self._now = queue.Queue(), False, False
            def run(self):
                while not self._now:
                    if self._later and self.jobs.empty(): return
                    compute()
            def shutdown(self, finish=True):
                if finish:
                    self._later = True
                    if self.jobs.qsize(): print("at work")
                else: self._now = True
        def make(): return (Jobs().run,)
        """,
        "sets self._now to True",
    ),
    "a generation": (
        """
        class Feed:
            def __init__(self): self.epoch = 0
            def watch(self):
                self.epoch += 1
                mine = self.epoch
                thread = threading.Thread(target=self.poll, args=(mine,))
                thread.start()
                return thread
            def supersede(self): self.epoch += 1
            def poll(self, mine):
                while mine == self.epoch: compute()
        feed = Feed()
        def main(thread):
            feed.supersede()
            thread.join()
        def make(): return feed.poll, 0
        """,
        "calls its own supersede()",
    ),
    "a generation, asked the other way round": (
        """
        class Feed:
            def __init__(self): self.epoch = 0
            def supersede(self): self.epoch += 1
            def poll(self, mine):
                while self.epoch == mine: compute()
        feed = Feed()
        def main(thread):
            feed.supersede()
            thread.join()
        def make(): return feed.poll, 0
        """,
        "calls its own supersede()",
    ),
    "a token": (
        """
        class Feed:
            def __init__(self): self.token = object()
            def supersede(self): self.token = None
            def poll(self, mine):
                while self.token is mine: compute()
        feed = Feed()
        def main(thread):
            feed.supersede()
            thread.join()
        def make(): return feed.poll, feed.token
        """,
        "calls its own supersede()",
    ),
    "a time that is cut short": (
        """
        import zlib
        class Fetch:
            def __init__(self): self.until, self.pages, self.sum = 9e9, b"", 0
            def curtail(self, moment=0.0): self.until = min(self.until, moment)
            def __call__(self):
                while time.monotonic() < self.until: self.pages += b"page"
                self.sum = zlib.crc32(self.pages)
        fetch = Fetch()
        def main(thread):
            fetch.curtail()
            thread.join()
        def make(): return (fetch,)
        """,
        "calls its own curtail()",
    ),
    "a semaphore": (
        """
        class Lane:
            def __init__(self): self.whistle, self.cars = threading.Semaphore(0), 0
            def count(self):
                while not self.whistle.acquire(timeout=0.01): self.cars += 1
                print(self.cars)
            def relieve(self): self.whistle.release()
        lane = Lane()
        def main(thread):
            lane.relieve()
            thread.join()
        def make(): return (lane.count,)
        """,
        "calls its own relieve()",
    ),
    "a future": (
        """
        from concurrent.futures import Future
        class Maker:
            def __init__(self): self.going = Future()
            def quote(self):
                while not self.going.done(): compute()
            def step_back(self):
                if not self.going.done(): self.going.set_result("enough")
        maker = Maker()
        def main(thread):
            maker.step_back()
            thread.join()
        def make(): return (maker.quote,)
        """,
        "calls its own step_back()",
    ),
}


@pytest.mark.parametrize(("text", "means"), WHILE_IT_RUNS.values(), ids=WHILE_IT_RUNS.keys())
def test_a_running_thread_is_ended(program: Load, run: Callable[..., threading.Thread], text: str, means: str) -> None:
    module = program("def compute(): time.sleep(0)\n" + textwrap.dedent(text))
    made, *args = module.make()
    if isinstance(made, threading.Thread):
        thread = made
        thread.start()
    else:
        thread = run(lambda: None, made, *args)

    finding = find_stop(Target.of_thread(thread))

    assert (finding.means, finding.apply().done) == (means, True)
    thread.join(PATIENCE)
    assert not thread.is_alive()


BEGUN_ONCE = """
    import enum
    class State(enum.Enum): NEW, AT_WORK, STOPPING, STOPPED = range(4)
    class Watcher:
        def __init__(self): self.state, self.pause = State.AT_WORK, threading.Event()
        def begin(self):
            if self.state ASKED: raise RuntimeError("no")
            self.state = State.AT_WORK
        def watch(self):
            try:
                while self.state is State.AT_WORK: time.sleep(0.01)
            finally:
                self.state = State.STOPPED
        def shutdown(self):
            self.state = State.STOPPING
    watcher = Watcher()
    def begin_once_more():
        if watcher.pause.wait(): return
        watcher.begin()
"""


@pytest.mark.parametrize(
    ("asked", "means"), [("is not State.NEW", "sets self.state to State.STOPPING"), ("is not State.AT_WORK", "")]
)
def test_a_state_for_which_it_fails_now_as_then(
    program: Load, run: Callable[..., threading.Thread], asked: str, means: str
) -> None:
    module = program(BEGUN_ONCE.replace("ASKED", asked))
    run(module.watcher.pause.set, module.begin_once_more)
    thread = run(module.watcher.shutdown, module.watcher.watch)

    finding = find_stop(Target.of_thread(thread))

    assert finding.means == means, finding.why_not
    assert means or "fails then, and others call it" in finding.offers[0].why


def test_a_byte_in_its_own_pipe_ends_it(program: Load, run: Callable[..., threading.Thread]) -> None:
    module = program("""
        import selectors, socket
        class Collector:
            def __init__(self): self.inner, self.outer = socket.socketpair()
            def stop(self): self.outer.send(b"x")
            def run(self):
                with selectors.DefaultSelector() as waiting:
                    waiting.register(self.inner, selectors.EVENT_READ, "wake")
                    while True:
                        ready = [key.data for key, _ in waiting.select()]
                        if "wake" in ready: break
                self.inner.close()
        collector = Collector()
        def main(thread):
            if thread.is_alive(): collector.stop()
            thread.join()
    """)
    thread = run(lambda: None, module.collector.run)

    finding = find_stop(Target.of_thread(thread))

    assert (finding.means, finding.apply().done) == ("calls its own stop()", True)
    thread.join(PATIENCE)
    assert not thread.is_alive()
    module.collector.outer.close()


def test_nothing_is_found_where_there_is_nothing(program: Load) -> None:
    module = program("def work():\n    while True: time.sleep(1)")

    finding = find_stop(Target(module.work))

    assert finding.means == ""
    assert finding.why_not == "no way to stop this thread was found"
    assert "stop.is_set()" in finding.advice
    assert not finding.apply().done


@pytest.mark.parametrize(
    "text",
    [
        "def work():\n    while True: time.sleep(1)",
        # One of several that take from it: nothing that could be done is left.
        """
        jobs = queue.PriorityQueue()
        class Job:
            pass
        def work():
            while True:
                job = jobs.get()
                if job.end is None:
                    break
        """,
    ],
)
def test_what_has_no_flag_is_not_looked_for_in_all_of_the_program(
    program: Load, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """Who else depends on such a thread makes no difference, and a large program takes seconds to look through."""
    asked: list[object] = []
    monkeypatch.setattr("taskmon.watch.flags.bonds.bond", lambda *args: asked.append(args) or "")
    finding = find_stop(Target(program(text).work))

    assert (finding.means, asked) == ("", [])
    assert finding.why_not


def test_what_ends_the_loop_is_never_kept_quiet(program: Load) -> None:
    module = program("""
        def every(act):
            ready = threading.Event()
            def loop():
                while not ready.wait(1): act()
            return loop, ready.set
    """)
    loop, _ = module.every(print)

    finding = find_stop(Target(loop))

    assert finding.means == finding.advice == ""
    assert "sets ready, but its name says something else" in finding.why_not
    assert [offer.means for offer in finding.offers] == ["sets ready"]


def test_news_that_ends_the_loop_is_told_of_and_not_offered(program: Load) -> None:
    module = program("""
        class Job:
            def __init__(self): self.found = False
            def run(self):
                while not self.found: self.found = compute()
    """)

    finding = find_stop(Target(module.Job().run))

    assert finding.why_not == "self.found ends its loop, but it also holds other values"
    assert finding.offers == ()


def test_an_attribute_of_the_running_thread_need_not_exist_yet(program: Load) -> None:
    module = program("""
        def work():
            t = threading.current_thread()
            while getattr(t, "do_run", True): time.sleep(1)
    """)
    thread = threading.Thread(target=module.work)

    finding = find_stop(Target.of_thread(thread))

    assert finding.means == "sets thread.do_run to False"
    assert finding.apply().done
    assert thread.do_run is False  # type: ignore[attr-defined]


STATE = "running = True\nshutdown = threading.Event()\ndef stop_all():\n    global running\n    running = False\n"


def test_a_flag_in_another_module_of_the_program(program: Load) -> None:
    state = program(STATE, name="state_of_it")
    module = program("""
        import state_of_it
        def work():
            while state_of_it.running: time.sleep(1)
        def work_on():
            from state_of_it import shutdown
            while not shutdown.is_set(): time.sleep(1)
    """)

    assert find_stop(Target(module.work)).means == "sets state_of_it.running to False"
    assert find_stop(Target(module.work)).apply().done
    assert state.running is False
    assert find_stop(Target(module.work_on)).means == "sets shutdown"


def test_a_global_imported_by_value_is_set_where_it_is_read(program: Load) -> None:
    state = program(STATE, name="state_of_it")
    module = program("""
        from state_of_it import running
        def work():
            while running: time.sleep(1)
    """)

    assert find_stop(Target(module.work)).apply().done
    assert (module.running, state.running) == (False, True)


def test_an_event_of_asyncio_is_set_in_its_own_loop(program: Load) -> None:
    module = program("""
        import asyncio
        class Feed:
            def __init__(self): self.began = threading.Event()
            def run(self): asyncio.run(self.main())
            async def main(self):
                self.over, self.loop = asyncio.Event(), asyncio.get_running_loop()
                self.began.set()
                while not self.over.is_set(): await asyncio.sleep(0.01)
            def stop(self): self.loop.call_soon_threadsafe(self.over.set)
    """)
    feed = module.Feed()
    thread = threading.Thread(target=feed.run)
    thread.start()
    assert feed.began.wait(PATIENCE)

    finding = find_stop(Target.of_thread(thread))

    assert finding.means == "sets self.over"
    assert finding.apply().words == "set self.over"
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_a_part_of_a_machine_is_no_wish_to_stop(program: Load) -> None:
    module = program("""
        class Printer:
            def __init__(self): self._poll_endstop, self.polls = True, 0
            def poll(self):
                while self._poll_endstop: self.polls += 1
            def stop_polling(self):
                self._poll_endstop = False
                self.thread.join()
        printer = Printer()
    """)

    assert find_stop(Target(module.printer.poll)).means == "sets self._poll_endstop to False"
