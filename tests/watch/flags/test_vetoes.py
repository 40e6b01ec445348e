"""What looks like a stop flag and is none, or not surely: a plain cancel leaves it alone."""

from __future__ import annotations

import multiprocessing
import threading
from multiprocessing import resource_tracker
from typing import Any

import pytest

from taskmon.watch.flags import Target, find_stop, judge
from tests.watch.flags.conftest import Load

#: Programs in which nothing may be set, and a part of the reason if the flag is offered nevertheless ("" if it is not).
NOTHING = {
    "set by the thread alone: done": (
        """
        class Job:
            def __init__(self): self.stopped = False
            def run(self):
                while not self.stopped:
                    if compute(): self.stopped = True
        def make(): return (Job().run,)
        """,
        "only the thread itself sets it",
    ),
    "set by a sibling: found": (
        """
        found = threading.Event()
        def search(part):
            while not found.is_set():
                if compute(): found.set()
        def start():
            threading.Thread(target=search, args=(1,)).start()
        def make(): return search, 1
        """,
        "",
    ),
    "set by what the thread alone calls": (
        """
        class Job:
            def __init__(self): self.quitting = False
            def run(self):
                while not self.quitting: self.step()
            def step(self):
                if compute(): self.quitting = True
        def make(): return (Job().run,)
        """,
        "only the thread itself sets it",
    ),
    "cleared in the loop": (
        """
        stop = threading.Event()
        def work():
            while True:
                if stop.wait(1):
                    stop.clear()
                    break
        def other(): stop.set()
        def make(): return (work,)
        """,
        "takes it back",
    ),
    "cleared by what the loop calls": (
        """
        class Job:
            def __init__(self): self.abort = False
            def run(self):
                while not self.abort: self.step()
            def step(self): self.abort = False
            def cancel(self): self.abort = True
        def make(): return (Job().run,)
        """,
        "takes it back",
    ),
    "a true test goes on": (
        """
        class Job:
            def __init__(self): self.stopped = False
            def run(self):
                while True:
                    if self.stopped: time.sleep(1)
                    compute()
            def stop(self): self.stopped = True
        def make(): return (Job().run,)
        """,
        "",
    ),
    "waits for it and works then": (
        """
        def work(stop):
            while not stop.is_set(): time.sleep(0.1)
            compute()
        def make(): return work, threading.Event()
        """,
        "works on after it: calls compute()",
    ),
    "waits for readiness in a call": (
        """
        server_up = threading.Event()
        def wait_for_server():
            while not server_up.is_set(): time.sleep(0.1)
        def work():
            wait_for_server()
            compute()
        def open_server(): server_up.set()
        def make(): return (work,)
        """,
        "works on after it: calls compute()",
    ),
    "another loop follows": (
        """
        class Job:
            def __init__(self): self.cancelled = False
            def run(self):
                while not self.cancelled: compute()
                while True: compute()
            def cancel(self): self.cancelled = True
        def make(): return (Job().run,)
        """,
        "another loop",
    ),
    "holds data": (
        """
        class Job:
            def __init__(self): self.running = True
            def run(self):
                while self.running: compute()
            def start(self): self.running = open("lock")
            def stop(self): self.running = False
        def make(): return (Job().run,)
        """,
        "other values",
    ),
    "present value is data": (
        """
        class Job:
            def __init__(self): self.stop_after = 5
            def run(self):
                while not self.stop_after: compute()
        def make(): return (Job().run,)
        """,
        "",
    ),
    "compared with a count": (
        """
        class Job:
            def __init__(self): self.running = 0
            def run(self):
                while self.running < 100: self.running += compute()
            def stop(self): self.running = 100
        def make(): return (Job().run,)
        """,
        "",
    ),
    "both values leave": (
        """
        class Job:
            def __init__(self): self.stop = False
            def run(self):
                while True:
                    if self.stop: break
                    compute()
                    if not self.stop: break
        def make(): return (Job().run,)
        """,
        "",
    ),
    "its name says the opposite": (
        """
        class Job:
            def __init__(self): self.stopped = True
            def run(self):
                while self.stopped: compute()
            def close(self): self.stopped = False
        def make(): return (Job().run,)
        """,
        "opposite",
    ),
    "paused": (
        """
        class Job:
            def __init__(self): self.paused = False
            def run(self):
                while not self.paused: compute()
            def toggle(self): self.paused = not self.paused
            def pause(self): self.paused = True
        def make(): return (Job().run,)
        """,
        "",
    ),
    "pause gate": (
        """
        class Job:
            def __init__(self): self.may_run = threading.Event()
            def run(self):
                while True:
                    self.may_run.wait()
                    compute()
            def stop(self): self.may_run.set()
        def make(): return (Job().run,)
        """,
        "",
    ),
    "stop is a method": (
        """
        class Job:
            def run(self):
                while not self.stop: compute()
            def stop(self): pass
        def make(): return (Job().run,)
        """,
        "",
    ),
    "decides an inner loop": (
        """
        class Job:
            def __init__(self): self.running = True
            def run(self):
                while True:
                    while self.running: compute()
            def stop(self): self.running = False
        def make(): return (Job().run,)
        """,
        "",
    ),
    "a raise that is swallowed": (
        """
        class Job:
            def __init__(self): self.cancelled = False
            def check(self):
                if self.cancelled: raise RuntimeError
            def run(self):
                while True:
                    try: self.check()
                    except Exception: continue
            def cancel(self): self.cancelled = True
        def make(): return (Job().run,)
        """,
        "",
    ),
    "needs another one as well": (
        """
        class Job:
            def __init__(self): self.stop = self.saved = False
            def run(self):
                while not (self.stop and self.saved): compute()
        def make(): return (Job().run,)
        """,
        "",
    ),
    "a copy of a boolean": (
        """
        class Job:
            def __init__(self): self.running = True
            def run(self):
                running = self.running
                while running: compute()
            def stop(self): self.running = False
        def make(): return (Job().run,)
        """,
        "",
    ),
    "a boolean argument": (
        """
        def work(running):
            while running: compute()
        def make(): return work, True
        """,
        "",
    ),
    "a state that nobody assigns": (
        """
        class Job:
            def __init__(self): self.status = "working"
            def run(self):
                while self.status == "working": compute()
        def make(): return (Job().run,)
        """,
        "",
    ),
    "an item that may be data": (
        """
        jobs = queue.Queue()
        def work():
            while True:
                job = jobs.get()
                if not job: break
        def make(): return (work,)
        """,
        "None may mean something else",
    ),
    "a word among words": (
        """
        jobs = queue.Queue()
        def work():
            while True:
                job = jobs.get()
                if job == "eof": break
        def make(): return (work,)
        """,
        "like any other",
    ),
    "a sentinel of another queue": (
        """
        out = queue.Queue()
        def work():
            try:
                while True: out.put(1)
            finally: out.put(None)
        def make(): return (work,)
        """,
        "",
    ),
    "a queue of one's own kind": (
        """
        class Odd(queue.Queue):
            def put_nowait(self, item): raise SystemExit
        jobs = Odd()
        def work():
            while jobs.get() is not None: compute()
        def make(): return (work,)
        """,
        "",
    ),
    "an Event with a set of its own": (
        """
        class Loud(threading.Event):
            def set(self): print("launching")
        def work(stop):
            while not stop.is_set(): compute()
        def make(): return work, Loud()
        """,
        "other processes",
    ),
    "news from a callback, which others read": (
        """
        class Upload:
            def __init__(self): self.uploaded = False
            def run(self):
                while not self.uploaded: compute()
            def on_answer(self): self.uploaded = True
            def tidy(self):
                if self.uploaded: remove(self.path)
        def make(): return (Upload().run,)
        """,
        "others look at it as well: Upload.tidy()",
    ),
    "connected, until news comes": (
        """
        class Client:
            def __init__(self): self.connected = True
            def run(self):
                while self.connected: compute()
            def on_lost(self): self.connected = False
            def send(self, text):
                if not self.connected: self.kept.append(text)
        def make(): return (Client().run,)
        """,
        "others look at it as well: Client.send()",
    ),
    "another thread drops what it has taken": (
        """
        class Mailer:
            def __init__(self): self.stop_all, self.letters = False, queue.Queue()
            def clock(self):
                while not self.stop_all: time.sleep(1)
            def post(self):
                while True:
                    letter = self.letters.get()
                    if self.stop_all: return
                    deliver(letter)
            def start(self):
                threading.Thread(target=self.clock).start()
                threading.Thread(target=self.post).start()
            def stop(self): self.stop_all = True
        def make(): return (Mailer().clock,)
        """,
        "leave off in the midst of its work: Mailer.post()",
    ),
    "another thread leaves off between two parts": (
        """
        quitting = threading.Event()
        def blink():
            while not quitting.wait(1): toggle()
        def burn():
            while not quitting.is_set():
                for track in range(99):
                    if quitting.is_set(): break
                    write(track)
        def start():
            threading.Thread(target=burn).start()
            threading.Thread(target=blink).start()
        def stop(): quitting.set()
        def make(): return (blink,)
        """,
        "leave off in the midst of its work: burn()",
    ),
    "a checkpoint of another thread": (
        """
        class Halted(Exception): pass
        class Copy:
            def __init__(self): self.cancel_requested = False
            def check(self):
                if self.cancel_requested: raise Halted
            def show(self):
                while not self.cancel_requested: time.sleep(1)
            def copy(self):
                while True:
                    read()
                    self.check()
                    write()
            def start(self):
                threading.Thread(target=self.show).start()
                threading.Thread(target=self.copy).start()
            def cancel(self): self.cancel_requested = True
        def make(): return (Copy().show,)
        """,
        "Copy.check(), line 7, fails then, and others call it",
    ),
    "somebody starts another in its place": (
        """
        class Child:
            def __init__(self): self.alive = True
            def run(self):
                while self.alive: compute()
            def stop(self): self.alive = False
        class Nurse:
            def __init__(self): self.child = Child()
            def look_after(self):
                if not self.child.alive: self.child = Child()
        nurse = Nurse()
        def make(): return (nurse.child.run,)
        """,
        "acts on how it is: calls Child()",
    ),
    "others are refused then": (
        """
        class Shop:
            def __init__(self): self.shutdown = False
            def sweep(self):
                while not self.shutdown: time.sleep(1)
            def sell(self):
                if self.shutdown: raise RuntimeError("closed")
            def stop(self): self.shutdown = True
        shop = Shop()
        def customer():
            while True: shop.sell()
        def start():
            threading.Thread(target=customer).start()
        def make(): return (shop.sweep,)
        """,
        "Shop.sell()",
    ),
    "another thread acts on it and leaves": (
        """
        class Race:
            def __init__(self): self.running, self.winner = True, None
            def clock(self):
                while self.running: time.sleep(1)
            def judge(self):
                while True:
                    if not self.running and self.winner is None:
                        announce(None)
                        return
                    compute()
            def start(self): threading.Thread(target=self.judge).start()
            def stop(self): self.running = False
        def make(): return (Race().clock,)
        """,
        "acts on how it is: calls announce()",
    ),
    "a state for which another waits": (
        """
        class Crossing:
            def __init__(self): self.light = "green"
            def cars(self):
                while self.light == "green": compute()
            def walkers(self):
                while self.light != "red": time.sleep(1)
                walk()
            def start(self): threading.Thread(target=self.walkers).start()
            def stop(self): self.light = "red"
        def make(): return (Crossing().cars,)
        """,
        "another thread waits for it",
    ),
    "what comes after is not what is done in each round": (
        """
        class Recorder:
            def __init__(self): self.recording = True
            def stop(self): self.recording = False
            def work(self):
                while self.recording: self.send("part")
                self.send("all")
            def send(self, what): post(what)
        def make(): return (Recorder().work,)
        """,
        "works on after it",
    ),
    "a list of what is to be done": (
        """
        class Shop:
            def __init__(self): self.orders = ["bread"]
            def work(self):
                while self.orders: serve(self.orders[0])
            def cancel(self): self.orders.clear()
            def order(self, what): self.orders.append(what)
            def first(self): return self.orders[0]
        def make(): return (Shop().work,)
        """,
        "",
    ),
    "a list that the thread itself empties": (
        """
        orders = ["bread"]
        def work():
            while orders: serve(orders.pop())
        def cancel(): orders.clear()
        def make(): return (work,)
        """,
        "",
    ),
    "a list of more than a sign": (
        """
        hosts = [compile, print]
        def work():
            while hosts: time.sleep(1)
        def close(): hosts.clear()
        def make(): return (work,)
        """,
        "",
    ),
    "a list that others go through": (
        """
        guests = ["Ada"]
        def work():
            while guests: time.sleep(1)
        def close(): guests.clear()
        def greet():
            for guest in guests: print(guest)
        def make(): return (work,)
        """,
        "",
    ),
    "its own stop would then leave something undone": (
        """
        class Log:
            def __init__(self): self.lines, self.disk, self.closed = [], open_disk(), False
            def tick(self):
                while not self.closed: time.sleep(1)
            def close(self):
                if self.closed: return
                self.closed = True
                self.save(self.lines)
            def save(self, lines): post(lines)
        def open_disk(): pass
        def make(): return (Log().tick,)
        """,
        "close() would do nothing any more: it also calls self.save()",
    ),
    "a function would then leave something undone": (
        """
        stopping = threading.Event()
        def work():
            while not stopping.wait(1): pass
        def shut_down():
            if not stopping.is_set():
                stopping.set()
                commit()
        def commit(): post()
        def make(): return (work,)
        """,
        "shut_down() would do nothing any more",
    ),
    "its own stop reaches others by a queue": (
        """
        class Stage:
            def __init__(self): self.abort_flag, self.out = False, queue.Queue()
            def work(self):
                while not self.abort_flag: self.out.put(compute())
            def abort(self):
                self.abort_flag = True
                drain(self.out)
        def drain(jobs): jobs.queue.clear()
        def make(): return (Stage().work,)
        """,
        "its own abort() also tells others, through self.out",
    ),
    "who catches it goes on": (
        """
        class Stopped(Exception): pass
        class Payment:
            def __init__(self): self.stop = False
            def step(self):
                if self.stop: raise Stopped
                compute()
            def once(self):
                while True: self.step()
            def run(self):
                try: self.once()
                except Stopped:
                    self.stop = False
                    self.once()
        payment = Payment()
        def leave(): payment.stop = True
        def make(): return (payment.run,)
        """,
        "takes it back",
    ),
    "who takes its last word works on": (
        """
        parts = queue.Queue()
        class Stage:
            def __init__(self): self.stop = False
            def run(self):
                while not self.stop: parts.put(compute())
                parts.put("whole")
        stage = Stage()
        def leave(): stage.stop = True
        def join():
            while True:
                part = parts.get()
                if part == "whole": break
            send(part)
        def make(): return (stage.run,)
        """,
        "it then puts 'whole' into parts, and join() calls send()",
    ),
    "it takes over from another": (
        """
        class Pump:
            def __init__(self, other=None): self.other, self.running = other, True
            def fail(self): self.running = False
            def stand_by(self):
                while self.other.running: time.sleep(1)
                self.duty = "lead"
        def make(): return (Pump(Pump()).stand_by,)
        """,
        "works on after it: writes self.duty",
    ),
    "a piece of work of others is done": (
        """
        class Batch:
            def __init__(self): self.finished, self.rows = False, []
        class Lock:
            def turn(self): self.until = time.monotonic() + 5
        def keep(lock, batch):
            while not batch.finished: lock.turn()
        def fill(batch):
            batch.rows.append(1)
            batch.finished = True
        batch = Batch()
        def make(): return keep, Lock(), batch
        """,
        "the work of others is done",
    ),
    "a piece of work of others is done, told by an Event": (
        """
        class Sale:
            def __init__(self): self.closed, self.goods = threading.Event(), []
        class Till:
            def hold(self): self.held = True
        def keep(till, sale):
            while not sale.closed.wait(1): till.hold()
        def sell(sale): sale.goods.append(1)
        sale = Sale()
        def make(): return keep, Till(), sale
        """,
        "the work of others is done",
    ),
    "it takes over from an argument": (
        """
        class Peer:
            def __init__(self): self.alive, self.role = True, "follower"
            def crash(self): self.alive = False
        def follow(me, boss):
            while boss.alive: time.sleep(1)
            me.role = "leader"
        def make(): return follow, Peer(), Peer()
        """,
        "works on after it: writes me.role",
    ),
    "it only tells of an act": (
        """
        class Seal:
            def __init__(self): self.broken = False
            def tear(self):
                self.broken = True
                launch(self)
        def keep(seal):
            while not seal.broken: compute()
        seal = Seal()
        def pull(): seal.tear()
        def make(): return keep, seal
        """,
        "it tells of what tear() does",
    ),
    "compared as a whole": (
        """
        import dataclasses
        @dataclasses.dataclass
        class Mode: active: bool = True
        mode = Mode()
        def work():
            while mode.active: compute()
        def guard():
            if mode == Mode(False): alarm()
        def make(): return (work,)
        """,
        "guard(), line 10, acts on how it is",
    ),
    "the process would be killed": (
        """
        import os
        abort = threading.Event()
        def work():
            while True:
                if abort.is_set(): os._exit(1)
                compute()
        def stop(): abort.set()
        def make(): return (work,)
        """,
        "",
    ),
    "a number that nobody's method sets": (
        """
        class Job:
            def __init__(self): self.until = 10.0
            def run(self):
                while time.monotonic() < self.until: compute()
        def make(): return (Job().run,)
        """,
        "",
    ),
    "a number that is moved on": (
        """
        class Job:
            def __init__(self): self.until = 10.0
            def run(self):
                while time.monotonic() < self.until: compute()
            def more(self): self.until = self.until + 5
            def stop(self): self.until = 0
        def make(): return (Job().run,)
        """,
        "",
    ),
    "handed to a library by a line of the program": (
        """
        import json
        switches = {"feed": True}
        def work():
            while switches["feed"]: time.sleep(1)
        def keep(file): json.dump(switches, file)
        def end(): switches["feed"] = False
        def make(): return (work,)
        """,
        "keep(), line 7, hands it on",
    ),
    "others look at what is named otherwise": (
        """
        class Call:
            def __init__(self, bed): self.bed, self.acknowledged = bed, threading.Event()
        def ring(call):
            while not call.acknowledged.wait(1): time.sleep(1)
        def answer(call): call.acknowledged.set()
        def shift(calls):
            for call in calls:
                if not call.acknowledged.is_set(): compute(call.bed)
        def make(): return ring, Call(4)
        """,
        "looks at it as well",
    ),
    "its own way wakes others who act on that": (
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
            def close(self):
                with self.hall.bell:
                    self._home = True
                    self.hall.bell.notify_all()
        hall = Hall()
        def open_doors():
            with hall.bell: hall.bell.wait()
            compute()
        def make(): return (Porter(hall).serve,)
        """,
        "its own close() also tells others, through self.hall.bell",
    ),
    "a message that is news": (
        """
        class Disconnected: pass
        inbox = queue.Queue()
        def work():
            while True:
                if isinstance(inbox.get(), Disconnected): break
        def on_lost(): inbox.put(Disconnected())
        def make(): return (work,)
        """,
        "like any other",
    ),
    "a state that a sibling tells of once it has come to rest": (
        """
        class Lift:
            def __init__(self): self.speed, self.stopped = 9, False
            def move(self):
                while self.speed: self.speed -= compute()
                self.stopped = True
            def lamp(self):
                while not self.stopped: time.sleep(0.1)
                if self.speed: print("too early")
            def begin(self):
                threading.Thread(target=self.move).start()
                threading.Thread(target=self.lamp).start()
        def make(): return (Lift().lamp,)
        """,
        "only another thread sets it",
    ),
    "a state that a property keeps in step with another": (
        """
        class Fuse:
            def __init__(self): self._blown, self.current = False, 3.0
            @property
            def blown(self): return self._blown
            @blown.setter
            def blown(self, value):
                self._blown = value
                self.current = 0.0
        def feed(fuse):
            while not fuse.blown: compute()
        def main(fuse): fuse.blown = True
        def make(): return feed, Fuse()
        """,
        "never set without self.current",
    ),
    "the news is what is written with it": (
        """
        caller = ""
        rung = threading.Event()
        def porter():
            while not rung.wait(1): pass
            if caller: print("come in", caller)
            else: print("nobody there")
        def ring(name):
            global caller
            caller = name
            rung.set()
        def make(): return (porter,)
        """,
        "never set without caller",
    ),
    "a last word that claims the whole": (
        """
        pages = queue.Queue()
        class Scan:
            def __init__(self): self.stop = False
            def run(self):
                while not self.stop: compute()
                pages.put("complete")
            def cancel(self): self.stop = True
        def bind():
            if pages.get() == "complete": print("bound")
        def make(): return (Scan().run,)
        """,
        "it then puts",
    ),
    "what was so is settled once the price has fallen": (
        """
        class Stake:
            def __init__(self): self.stop, self.cash, self.shares = threading.Event(), 0, 5
            def quote(self, price):
                if price < 80: self.stop.set()
            def give_up(self):
                self.cash += self.shares * 100
                self.shares = 0
            def follow(self):
                while not self.stop.wait(0.3): self.value = self.shares * 100
                self.give_up()
        stake = Stake()
        def main():
            while True: stake.quote(100)
        def make(): return (stake.follow,)
        """,
        "the thread works on after it",
    ),
    "nor is it an end where others join words beside its name": (
        """
        class Stake:
            def __init__(self): self.stop, self.cash, self.shares = threading.Event(), 0, 5
            def quote(self, price):
                if price < 80: self.stop.set()
            def give_up(self):
                self.cash += self.shares * 100
                self.shares = 0
            def follow(self):
                while not self.stop.wait(0.3): self.value = self.shares * 100
                self.give_up()
        stake = Stake()
        def table(prices): return ", ".join(str(stake.quote(each)) for each in prices)
        def main():
            while True: table([100])
        def make(): return (stake.follow,)
        """,
        "the thread works on after it",
    ),
    "what nobody calls an end, and after which the thread does all that it is there for": (
        """
        class Link:
            def __init__(self): self.connected = threading.Event()
            def follow(self):
                while not self.connected.wait(0.3): pass
                announce()
        def announce(): print("it is up")
        def make(): return (Link().follow,)
        """,
        "the thread works on after it",
    ),
    "a state of another object, which is set with what makes it so": (
        """
        class Mill:
            def __init__(self): self.speed, self.stopped = 1.0, False
            def brake(self):
                self.speed = 0.0
                self.stopped = True
        def watch(mill, hatch):
            while not mill.stopped: compute()
            hatch.locked = False
        mill = Mill()
        def main(thread):
            mill.brake()
            thread.join()
        def make(): return watch, mill, threading.local()
        """,
        "never set without self.speed",
    ),
    "a state of its own, which is set with what makes it so": (
        """
        class Mill:
            def __init__(self): self.speed, self.stopped = 1.0, False
            def brake(self):
                self.speed = 0.0
                self.stopped = True
            def watch(self):
                while not self.stopped: compute()
        mill = Mill()
        def main(): mill.brake()
        def make(): return (mill.watch,)
        """,
        "never set without self.speed",
    ),
    "with it goes how its own object works on": (
        """
        class Log:
            def __init__(self): self._stop_event, self.at_least = threading.Event(), 20
            def flush(self):
                while not self._stop_event.wait(9): compute()
            def disable_buffering(self):
                self._stop_event.set()
                self.at_least = 1
        log = Log()
        def make(): return (log.flush,)
        """,
        "never set without self.at_least",
    ),
    "it has waited, and goes by how things are": (
        """
        class Lot:
            def __init__(self): self.bid, self.closed = 0, False
        def settle(lot):
            looks = 0
            while not lot.closed:
                looks += 1
                time.sleep(1)
            if lot.bid < 900: print("given away")
            else: print("sold", looks)
        lot = Lot()
        def main():
            lot.closed = True
            thread.join()
        def make(): return settle, lot
        """,
        "the thread works on after it: calls print()",
    ),
    "a wish of somebody else's, for which it has waited": (
        """
        class Order:
            def __init__(self): self.cancelled = False
            def cancel(self): self.cancelled = True
        def refund(order):
            looks = 0
            while not order.cancelled:
                looks += 1
                time.sleep(1)
            print("refunded")
        order = Order()
        def main():
            order.cancel()
            thread.join()
        def make(): return refund, order
        """,
        "the thread works on after it: calls print()",
    ),
    "what it calls goes by how things are": (
        """
        loads = [0]
        class Press:
            def __init__(self): self.closed, self.looks = threading.Event(), 0
            def run(self):
                while not self.closed.is_set(): self.looks += 1
                self.squeeze()
            def squeeze(self):
                if loads[0]: print("pressed")
                else: print("broken")
        press = Press()
        def main(): press.closed.set()
        def make(): return (press.run,)
        """,
        "the thread works on after it: calls squeeze()",
    ),
    "it has waited to become another": (
        """
        class Standby:
            def __init__(self): self.takeover, self.role = threading.Event(), ""
            def run(self):
                while not self.takeover.wait(1): pass
                self.promote()
            def promote(self): self.role = "leader"
        standby = Standby()
        def main():
            standby.takeover.set()
            thread.join()
        def make(): return (standby.run,)
        """,
        "the thread works on after it: calls promote()",
    ),
    "the end of a batch": (
        """
        lines = queue.Queue()
        def pay():
            rows = []
            while True:
                row = lines.get()
                if row is None: break
                rows.append(row)
            print("paid", len(rows))
        def main(): lines.put(None)
        def make(): return (pay,)
        """,
        "the thread works on after it: with what it has collected in rows",
    ),
    "it has only waited, and says so": (
        """
        dawn = threading.Event()
        def call():
            while not dawn.is_set(): time.sleep(1)
            print("good morning")
        def main():
            dawn.set()
            thread.join()
        def make(): return (call,)
        """,
        "the thread works on after it: calls print()",
    ),
    "it has waited for so long, and goes by how things are": (
        """
        up = threading.Event()
        hosts = {"db": False}
        def check():
            for _ in range(60):
                if up.is_set(): break
                time.sleep(1)
            if hosts["db"]: print("up")
            else: print("failed over")
        def main(): up.set()
        def make(): return (check,)
        """,
        "the thread works on after it: calls print()",
    ),
    "a property whose setter does more": (
        """
        class Account:
            def __init__(self): self._closed = False
            @property
            def closed(self): return self._closed
            @closed.setter
            def closed(self, value):
                self._closed = value
                pay_out()
            def add_interest(self):
                while not self.closed: compute()
        account = Account()
        def leave(): account.closed = True
        def make(): return (account.add_interest,)
        """,
        "it tells of what closed() does",
    ),
    "what its own method does is not its end": (
        """
        class Position:
            def __init__(self): self.closed = False
            def sell(self):
                self.closed = True
                order()
            def watch(self):
                while not self.closed: compute()
        position = Position()
        def make(): return (position.watch,)
        """,
        "it tells of what sell() does",
    ),
    "its method takes back what cannot be had again": (
        """
        import os
        class Backup:
            def __init__(self): self.discarded, self.volumes = False, []
            def write(self):
                while not self.discarded: self.volumes.append(compute())
            def discard(self):
                self.discarded = True
                self.thread.join()
                for volume in self.volumes: os.remove(volume)
        def make(): return (Backup().write,)
        """,
        "it tells of what discard() does: it also calls os.remove()",
    ),
    "what was cancelled is more than a loop": (
        """
        class Order:
            def __init__(self): self.cancelled = False
            def pack(self):
                while not self.cancelled: compute()
            def cancel(self):
                self.cancelled = True
                self.thread.join()
                write_to_customer()
        def make(): return (Order().pack,)
        """,
        "it tells of what cancel() does: it also calls write_to_customer()",
    ),
    "it turns away whoever uses its object": (
        """
        class Deck:
            def __init__(self): self.stopped, self.tape = False, []
            def put(self, sound):
                if self.stopped: return 0
                self.tape.append(sound)
                return 1
            def stop(self): self.stopped = True
        class Meter:
            def __init__(self, deck): self.deck, self.looks = deck, 0
            def show(self):
                while not self.deck.stopped: self.looks += 1
        deck = Deck()
        def record():
            for answer in range(60): deck.put(answer)
            deck.stop()
        def main(): threading.Thread(target=record).start()
        def make(): return (Meter(deck).show,)
        """,
        "does nothing then, and others call it",
    ),
    "a coroutine turns others away": (
        """
        class House:
            def __init__(self): self.draining, self.rows, self.served, self.away = False, [], 0, 0
            async def guest(self):
                if self.draining:
                    self.away += 1
                    return
                self.served += 1
            def record(self):
                while not self.draining: self.rows.append(self.served)
            def drain(self): self.draining = True
        house = House()
        async def day(): await house.guest()
        def serve(): asyncio.run(day())
        def leave(thread):
            house.drain()
            thread.join()
        def open_house(): threading.Thread(target=serve).start()
        def make(): return (house.record,)
        """,
        "House.guest(), line 6, does nothing then, and others call it",
    ),
    "a clock that it stops itself": (
        """
        class Clock:
            def __init__(self): self.halted, self.elapsed, self.board = False, 0, []
            def run(self):
                while not self.halted:
                    self.elapsed += 1
                    if compute(): self.halt()
                self.board.append(("official", self.elapsed))
            def halt(self): self.halted = True
        def make(): return (Clock().run,)
        """,
        "only the thread itself sets it",
    ),
    "who wins is charged by what has been bid": (
        """
        class Bidder:
            def __init__(self): self.balance = 100
        class Auction:
            def __init__(self): self.owari, self.price, self.best = False, 0, Bidder()
            def take(self):
                while not self.owari: self.price += 1
                if self.best is not None: self.best.balance -= self.price
            def knock_down(self): self.owari = True
        def make(): return (Auction().take,)
        """,
        "works on after it: writes self.best.balance",
    ),
    "a till that sells nothing any more": (
        """
        class Till:
            def __init__(self): self.holiday, self.sales, self.rows = False, [], []
            def sell(self, item):
                if self.holiday: return
                self.sales.append(item)
            def record(self):
                while not self.holiday: self.rows.append(len(self.sales))
            def declare(self): self.holiday = True
        till = Till()
        def shop():
            while True: till.sell(1)
        def leave(thread):
            till.declare()
            thread.join()
        def open_shop(): threading.Thread(target=shop).start()
        def make(): return (till.record,)
        """,
        "Till.sell(), line 6, does nothing then, and others call it",
    ),
    "kept in a library": (
        """
        import logging
        logging.stop_all = False
        def work():
            while not logging.stop_all: compute()
        def make(): return (work,)
        """,
        "belongs to a library",
    ),
}


@pytest.mark.parametrize(("text", "why"), NOTHING.values(), ids=NOTHING.keys())
def test_a_plain_cancel_sets_nothing(program: Load, text: str, why: str) -> None:
    function, *args = program(text).make()

    finding = find_stop(Target(function, tuple(args), {}))

    assert finding.means == ""
    assert not finding.apply().done
    assert [offer.why for offer in finding.offers if why not in offer.why] == []
    assert bool(finding.offers) is bool(why)


def test_an_event_of_several_processes_is_offered_only(program: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    module = program("def work(stop):\n    while not stop.is_set(): time.sleep(1)")

    try:
        target = Target(module.work, (multiprocessing.get_context("spawn").Event(),))
        alone = find_stop(target)
        monkeypatch.setattr(multiprocessing.process, "_children", {object()})
        finding = find_stop(target)

        assert alone.means == "sets stop"
        assert finding.means == ""
        assert [offer.means for offer in finding.offers] == ["sets stop"]
        del alone, target
    finally:
        del finding
        resource_tracker._resource_tracker._stop()  # type: ignore[attr-defined]  # it was started for the event


def test_an_offer_does_what_it_says(program: Load) -> None:
    module = program("""
        def work(stop):
            while not stop.is_set(): time.sleep(0.1)
            print(compute())
    """)
    stop = threading.Event()

    offer = find_stop(Target(module.work, (stop,))).offers[0]

    assert (offer.means, offer.apply().words, stop.is_set()) == ("sets stop", "set stop", True)


#: Cases beside those above, in which the flag must be found all the same.
NEVERTHELESS = {
    "the thread writes it on its way out too": """
        class Job:
            def __init__(self): self.running = True
            def run(self):
                try:
                    while self.running: compute()
                finally:
                    self.running = False
            def stop(self): self.running = False
        def make(): return (Job().run,)
        """,
    "run() clears it before the loop": """
        class Job:
            def __init__(self): self.stop_event = threading.Event()
            def run(self):
                self.stop_event.clear()
                while not self.stop_event.wait(1): compute()
            def stop(self): self.stop_event.set()
        def make(): return (Job().run,)
        """,
    "run() has not switched it on yet": """
        class Job:
            def __init__(self): self.running = False
            def run(self):
                self.running = True
                while self.running: compute()
            def stop(self): self.running = False
        def make(): return (Job().run,)
        """,
    "the queue is emptied first": """
        class Job:
            def __init__(self):
                self.stop_event, self.jobs = threading.Event(), queue.Queue()
            def run(self):
                while not self.stop_event.is_set() or not self.jobs.empty(): compute()
        def make(): return (Job().run,)
        """,
    "only clean-up follows": """
        def work(stop):
            while not stop.is_set(): time.sleep(0.1)
            print("stopped")
        def make(): return work, threading.Event()
        """,
    "two right ones": """
        class Job:
            def __init__(self): self.running, self.stop_event = True, threading.Event()
            def run(self):
                while self.running and not self.stop_event.is_set(): compute()
            def stop(self):
                self.running = False
                self.stop_event.set()
        def make(): return (Job().run,)
        """,
    "no name to speak of, but set before a join": """
        class Upload:
            def __init__(self): self.uploaded = False
            def run(self):
                while not self.uploaded: compute()
            def wait_for(self, thread):
                self.uploaded = True
                thread.join()
        def make(): return (Upload().run,)
        """,
    "connected, until it is closed": """
        class Client:
            def __init__(self): self.connected = True
            def run(self):
                while self.connected: compute()
            def close(self): self.connected = False
        def make(): return (Client().run,)
        """,
    "a class attribute": """
        class Job:
            stopped = False
            def run(self):
                while not Job.stopped: compute()
        def make(): return (Job().run,)
        """,
    "slots": """
        class Job:
            __slots__ = ("running",)
            def __init__(self): self.running = True
            def run(self):
                while self.running: compute()
        def make(): return (Job().run,)
        """,
    "a local name for the event": """
        class Job:
            def __init__(self): self._stop = threading.Event()
            def run(self):
                stop, n = self._stop, 0
                while not stop.is_set(): compute()
        def make(): return (Job().run,)
        """,
    "a tuple of attributes assigned in the loop": """
        class Job:
            def __init__(self): self.stopped = False
            def run(self):
                while True:
                    if self.stopped: return
                    (self.a, self.b) = compute()
            def stop(self): self.stopped = True
        def make(): return (Job().run,)
        """,
    "singledispatch": """
        @functools.singledispatch
        def work(what, stop): pass
        @work.register
        def _(what: int, stop):
            while not stop.is_set(): compute()
        def make(): return work, 3, threading.Event()
        """,
    "an object that is called": """
        class Job:
            def __init__(self): self.cancelled = False
            def __call__(self):
                while not self.cancelled: compute()
        def make(): return (Job(),)
        """,
    "super": """
        class Base:
            def __init__(self): self.stopped = False
            def run(self):
                while not self.stopped: compute()
        class Job(Base):
            def run(self):
                print("start")
                super().run()
        def make(): return (Job().run,)
        """,
    "a generator of work": """
        class Job:
            def __init__(self): self.stopped = False
            def items(self):
                while not self.stopped: yield compute()
            def run(self):
                for item in self.items(): print(item)
        def make(): return (Job().run,)
        """,
    "a coroutine in the thread": """
        import asyncio
        class Job:
            def __init__(self): self.stopped = False
            async def main(self):
                while not self.stopped: await asyncio.sleep(1)
            def run(self): asyncio.run(self.main())
        def make(): return (Job().run,)
        """,
    "a wish, and a mark on the way out": """
        class Page:
            def __init__(self): self.cancel_requested, self.printed = False, False
            def cancel(self): self.cancel_requested = True
        def work(page):
            for line in range(1000):
                if page.cancel_requested: break
                time.sleep(1)
            page.closed_at = line
        def make(): return work, Page()
        """,
    "a last value of what the loop itself writes": """
        def work(over, lamp):
            while not over.is_set(): lamp["level"] = compute()
            lamp["level"] = 0
        over = threading.Event()
        COMMANDS = {"quit": over.set}
        target = functools.partial(work, over, {})
        def make(): return (target,)
        """,
    "a named tuple that holds it": """
        from typing import NamedTuple
        class Handle(NamedTuple):
            name: str
            leave: threading.Event
        def work(leave):
            while not leave.wait(1): compute()
        def spawn():
            leave = threading.Event()
            return Handle("a", leave), functools.partial(work, leave)
        handle, target = spawn()
        def end(): handle.leave.set()
        def make(): return (target,)
        """,
    "it ends itself by sys.exit()": """
        import sys
        class Album:
            def __init__(self): self.terminated = False
            def check(self):
                if self.terminated: sys.exit()
            def run(self):
                while True:
                    self.check()
                    compute()
            def stop(self): self.terminated = True
        def make(): return (Album().run,)
        """,
    "asked through a method that was handed over": """
        class Sender:
            def __init__(self, should_stop): self.should_stop = should_stop
            def run(self):
                while not self.should_stop(): compute()
        halt = threading.Event()
        sender = Sender(should_stop=halt.is_set)
        def end(): halt.set()
        def make(): return (sender.run,)
        """,
    "a variable of the function around it": """
        def begin(run):
            lit = True
            def glow():
                while lit: compute()
            def put_out():
                nonlocal lit
                lit = False
            return glow, put_out
        glow, put_out = begin(print)
        def make(): return (glow,)
        """,
    "a hook that cleans up": """
        class Base:
            def __init__(self): self._exit = False
            def run(self):
                try:
                    while not self._exit: self.tick()
                finally: self.teardown()
            def terminate(self): self._exit = True
        class Lamp(Base):
            def tick(self): light()
            def teardown(self): unplug()
        def make(): return (Lamp().run,)
        """,
    "a pause in small steps of another thread": """
        class Sync:
            def __init__(self): self.exiting = False
            def push(self):
                while not self.exiting:
                    upload()
                    for _ in range(60):
                        if self.exiting: return
                        time.sleep(1)
            def pull(self):
                while not self.exiting: download()
            def start(self):
                threading.Thread(target=self.push).start()
                threading.Thread(target=self.pull).start()
            def exit(self): self.exiting = True
        def make(): return (Sync().pull,)
        """,
    "a deadline that its own stop() moves to the past": """
        class Poll:
            def __init__(self): self.until = float("inf")
            def run(self):
                while time.monotonic() < self.until: compute()
            def stop(self): self.until = 0
        def make(): return (Poll().run,)
        """,
    "rounds that are left, and none by stop()": """
        class Poll:
            def __init__(self): self.rounds = None
            def over(self):
                if self.rounds is None: return False
                return self.rounds <= 0
            def run(self):
                while not self.over(): compute()
            def stop(self, rounds=0): self.rounds = rounds
        def make(): return (Poll().run,)
        """,
    "a message without contents": """
        class Quit: pass
        inbox = queue.Queue()
        def work():
            while True:
                message = inbox.get()
                if isinstance(message, Quit): break
        def leave(): inbox.put(Quit())
        def make(): return (work,)
        """,
    "a message without contents, matched": """
        import dataclasses
        @dataclasses.dataclass(frozen=True)
        class Halt: pass
        class Actor:
            def __init__(self): self.inbox = queue.SimpleQueue()
            def run(self):
                while True:
                    match self.inbox.get():
                        case int(n): compute(n)
                        case Halt(): return
            def stop(self): self.inbox.put(Halt())
        def make(): return (Actor().run,)
        """,
    "what is asked afterwards is how the program was set up": """
        verbose = True
        over = threading.Event()
        def check():
            while not over.wait(1): compute()
            if verbose: print("bye")
        def make(): return (check,)
        def end(): over.set()
        if not verbose: over.set()
        """,
    "a last word that only ends the next": """
        pages = queue.Queue()
        class Scan:
            def __init__(self): self.stop = False
            def run(self):
                while not self.stop: compute()
                pages.put("end")
            def cancel(self): self.stop = True
        def bind():
            while True:
                if pages.get() == "end": break
        def make(): return (Scan().run,)
        """,
    "a last word that is heard among others, and only told": """
        pages = queue.Queue()
        class Scan:
            def __init__(self): self.stop = False
            def run(self):
                while not self.stop: pages.put(compute())
                pages.put("done")
            def cancel(self): self.stop = True
        def show():
            while True:
                page = pages.get()
                if page == "done":
                    print("that was all")
                    break
        def make(): return (Scan().run,)
        """,
    "what is asked afterwards is what the thread has made": """
        over = threading.Event()
        failed = 0
        def check():
            global failed
            while not over.wait(1): failed += 1
            if failed: print(failed)
        def leave(): over.set()
        def make(): return (check,)
        """,
    "a flag of the job it is given, whose reason is told with it": """
        class Token:
            def __init__(self): self.cancelled, self.reason = False, ""
            def cancel(self, why):
                self.reason = why
                self.cancelled = True
        def work(token):
            while not token.cancelled: compute()
        def main(token): token.cancel("user")
        def make(): return work, Token()
        """,
    "what it keeps is asked for, to be closed": """
        class Server:
            def __init__(self, selector): self.selector, self._closing = selector, False
            def loop(self):
                while not self._closing: self.selector.select()
                for key in list(self.selector.get_map().values()): key.fileobj.close()
            def close(self): self._closing = True
        server = Server(functools)
        def main(): server.close()
        def make(): return (server.loop,)
        """,
    "counts meanwhile, and tells how much": """
        enough = threading.Event()
        def renew():
            renewals = 0
            while not enough.wait(1): renewals += 1
            if renewals: print("renewed", renewals)
        def leave(): enough.set()
        def make(): return (renew,)
        """,
    "what it asks afterwards it has asked all the time": """
        class Feed:
            def __init__(self): self.topic, self.attached, self.inbox, self.seen = "a", True, queue.Queue(), []
            def pump(self):
                while self.attached:
                    self.seen.append(self.inbox.get())
                    if self.topic == "b": print(self.seen)
                if self.topic == "b": print("left")
            def detach(self): self.attached = False
        feed = Feed()
        def main(): feed.detach()
        def make(): return (feed.pump,)
        """,
    "a log that its object keeps": """
        END = object()
        class Bot:
            def __init__(self): self.inbox, self.log = queue.Queue(), []
            def read(self):
                while True:
                    line = self.inbox.get()
                    if line is END: break
                    self.log.append(line)
                print(len(self.log))
            def stop(self): self.inbox.put(END)
        bot = Bot()
        def main(): bot.stop()
        def make(): return (bot.read,)
        """,
    "its loop works in a method that sounds like a look": """
        import itertools
        class Surveyor:
            def __init__(self): self.visited, self._whistle = 0, threading.Event()
            def whistle_back(self): self._whistle.set()
            def run(self):
                for tile in itertools.count():
                    if self._whistle.is_set(): break
                    self.measure(tile)
                print("back at base")
            def measure(self, tile): self.visited += 1
        surveyor = Surveyor()
        def main(): surveyor.whistle_back()
        def make(): return (surveyor.run,)
        """,
    "one early way out of a loop that ends by itself": """
        dropped = threading.Event()
        def test(cases):
            for case in range(99):
                if dropped.is_set():
                    print("dropped after", case, "of", cases)
                    return
                time.sleep(1)
        def leave(): dropped.set()
        def make(): return test, 99
        """,
    "what is set with it before somebody has waited is another matter": """
        watching, down = True, False
        def watch():
            prices = []
            while watching: prices.append(compute())
            print(len(prices))
        def main(duty):
            global watching, down
            down = True
            duty.join()
            watching = False
        def make(): return (watch,)
        """,
    "a property that says the opposite": """
        class Belt:
            def __init__(self): self.metres, self._brake = 0, threading.Event()
            @property
            def moving(self): return not self._brake.is_set()
            @moving.setter
            def moving(self, value):
                if value: self._brake.clear()
                else: self._brake.set()
            def drive(self):
                while self.moving: self.metres += compute()
                print(self.metres)
        belt = Belt()
        def main(): belt.moving = False
        def make(): return (belt.drive,)
        """,
    "what is added up afterwards": """
        class House:
            def __init__(self): self.readings, self._dusk = {0: [], 1: []}, threading.Event()
            def sample(self):
                while not self._dusk.wait(1):
                    for values in self.readings.values(): values.append(compute())
                print(sum(map(len, self.readings.values())))
            def draw_blinds(self): self._dusk.set()
        house = House()
        def main(): house.draw_blinds()
        def make(): return (house.sample,)
        """,
    "its stop() is called by the thread as well": """
        class Sender:
            def __init__(self): self.stopped = False
            def run(self):
                while not self.stopped:
                    if compute(): self.stop()
            def stop(self): self.stopped = True
        def leave(sender):
            if sender.thread.is_alive(): sender.stop()
        def make(): return (Sender().run,)
        """,
    "its own latch with a lock": """
        class Latch:
            def __init__(self): self.down, self.guard = False, threading.Lock()
            def trip(self):
                with self.guard: self.down = True
            def __bool__(self):
                with self.guard: return self.down
        class Nozzle:
            def __init__(self): self.latch, self.open, self.litres = Latch(), False, 0
            def spray(self):
                self.open = True
                while not self.latch: self.litres += 1
                self.open = False
        def make(): return (Nozzle().spray,)
        """,
    "what it switched on is off again": """
        import types
        def track(dish):
            dish.motor = "on"
            while not dish.parked: dish.log.append(compute())
            dish.motor = "off"
        def park(dish): dish.parked = True
        def make(): return track, types.SimpleNamespace(parked=False, motor="off", log=[])
        """,
    "the lamp that it has turned": """
        class Lamp:
            def __init__(self): self.turns, self.shuttered = 0, True
            def turn(self): self.turns += 1
        class Keeper:
            def __init__(self, lamp): self.lamp, self.becalmed = lamp, False
            def watch(self):
                while not self.becalmed: self.lamp.turn()
                self.lamp.shuttered = True
            def relieve(self):
                self.becalmed = True
                self.thread.join()
        def make(): return (Keeper(Lamp()).watch,)
        """,
    "a lever in a row of bytes": """
        class Mill:
            def __init__(self): self.lifted, self.flour = bytearray(3), [0] * 3
            def grind(self, number):
                while not self.lifted[number]: self.flour[number] += 3
            def lift_all(self): self.lifted[:] = b"\\x01" * 3
        def make(): return (functools.partial(Mill().grind, 1),)
        """,
    "raised four calls down": """
        class GivenUp(Exception): pass
        class Aligner:
            def __init__(self): self.given_up, self.pairs = False, []
            def look(self):
                if self.given_up: raise GivenUp
            def words(self): return [self.look(), 1]
            def score(self): return len(self.words()) / 7
            def align(self): return 1, self.score()
            def work(self):
                try:
                    while True: self.pairs.append(self.align())
                except GivenUp: pass
            def give_up(self): self.given_up = True
        def make(): return (Aligner().work,)
        """,
    "those who wait at a condition are woken": """
        class Clerk:
            def __init__(self, room): self.room, self.retired, self.seen = room, False, 0
            def run(self):
                while True:
                    with self.room.changed:
                        while not self.retired: self.room.changed.wait()
                        if self.retired: break
            def retire(self):
                with self.room.changed:
                    self.retired = True
                    self.room.changed.notify_all()
        class Room:
            def __init__(self): self.changed = threading.Condition()
        def leave(clerk, thread):
            clerk.retire()
            thread.join()
        def make(): return (Clerk(Room()).run,)
        """,
    "a lambda": """
        class Job:
            def __init__(self): self.stopped = False
            def work(self, n):
                while not self.stopped: compute()
        def make():
            job = Job()
            return (lambda: job.work(3),)
        """,
}


@pytest.mark.parametrize("text", NEVERTHELESS.values(), ids=NEVERTHELESS.keys())
def test_what_is_a_stop_flag_all_the_same(program: Load, text: str) -> None:
    function, *args = program(text).make()

    finding = find_stop(Target(function, tuple(args), {}))

    assert finding.means
    assert finding.apply().done


MIDST = """
    keep = queue.Queue()
    def read(): return {"halt": False}
    class Desk:
        def __init__(self): self.halt, self.settings = False, read()
        def work(self):
            while True:
                WORK
"""


@pytest.mark.parametrize(
    ("work", "why"),
    [
        (
            """order = keep.get()
                if self.halt: break
                deliver(order)""",
            "it would leave off in the midst of its work",
        ),
        (
            """if self.halt: break
                order = keep.get()
                deliver(order)""",
            "",
        ),
        (
            """self.settings = read()
                if self.settings["halt"]: break
                time.sleep(1)""",
            "the thread itself puts another one in its place",
        ),
        (
            """if self.halt: break
                self.both()
        def both(self):
            for n in range(9):
                if self.halt: break
                take(n)
            for n in range(9): give(n)""",
            "it would leave off in the midst of its work",
        ),
    ],
)
def test_a_flag_that_nobody_sets_is_looked_at_between_two_parts_of_one_piece_of_work(
    program: Load, work: str, why: str
) -> None:
    module = program(MIDST.replace("WORK", work))

    finding = find_stop(Target(module.Desk().work))

    assert bool(finding.means) is not bool(why)
    assert not why or why in finding.offers[0].why


ENDED = """
    import os
    halt, keep = False, queue.Queue()
    def work():
        while True:
            order = keep.get()
            if halt: break
            deliver(order)
    def end(thread):
        global halt
        halt = True
        THEN
"""


@pytest.mark.parametrize(("then", "refused"), [("os._exit(70)", True), ("thread.join()", False)])
def test_who_ends_the_process_by_it_ends_no_thread(program: Load, then: str, refused: bool) -> None:
    module = program(ENDED.replace("THEN", then))

    assert bool(find_stop(Target(module.work)).means) is not refused


@pytest.mark.parametrize(
    ("work", "refused"),
    [
        ("ledger.acquire(); time.sleep(1)\n        if stop: return\n        ledger.release()", True),
        ("ledger.acquire(); time.sleep(1)\n        if stop:\n            ledger.release()\n            return", False),
        ("ledger.acquire(); ledger.release()\n        if stop: return", False),
        ("ledger.acquire()\n        try:\n            if stop: return\n        finally: ledger.release()", False),
    ],
)
def test_a_thread_that_would_keep_a_lock(program: Load, work: str, refused: bool) -> None:
    module = program(f"""
ledger, stop = threading.Lock(), False
def pick():
    while True:
        {work}
def main(thread):
    global stop
    stop = True
    thread.join()
""")

    finding = find_stop(Target(module.pick))

    assert bool(finding.means) is not refused
    assert not refused or "the thread would keep ledger for good" in finding.offers[0].why


def test_a_flag_in_what_is_replaced_while_it_is_looked_for_is_not_set(
    program: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As settings are that are read anew for each round: who looks at them cannot be told from the old ones."""
    module = program("""
        class Indexer:
            def __init__(self):
                self.config = {"stop": False}
            def run(self):
                while True:
                    if self.config["stop"]:
                        break
                    time.sleep(1)
        indexer = Indexer()
    """)
    weigh = judge.weigh
    assert find_stop(Target(module.indexer.run)).means == "sets self.config['stop'] to True"

    def read_anew(*given: Any) -> Any:
        module.indexer.config = {"stop": False}
        return weigh(*given)

    monkeypatch.setattr("taskmon.watch.flags.judge.weigh", read_anew)
    finding = find_stop(Target(module.indexer.run))
    assert finding.means == ""
    assert "puts another one in its place" in finding.why_not


def test_a_number_that_several_methods_change_is_no_flag_without_methods(program: Load) -> None:
    module = program("""
        class Led:
            def __init__(self): self._turn, self.level = 1, 0
            def blink(self, turn):
                while turn == self._turn: self.level = 1 - self.level
            def off(self): self._turn += 1
            def steady(self): self._turn += 1
        led = Led()
    """)

    finding = find_stop(Target(module.led.blink, (1,)))

    assert finding.means == ""
    assert "which method of its own object stops it is not known" in finding.why_not
