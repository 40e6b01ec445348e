"""Queues that are shut down, on the Pythons that can do that."""

from __future__ import annotations

import queue
import sys
import threading

import pytest

from taskmon.watch.flags import Target, find_stop
from tests.helpers.gates import PATIENCE
from tests.watch.flags.conftest import Load

pytestmark = pytest.mark.skipif(sys.version_info < (3, 13), reason="Queue.shutdown() came with Python 3.13")

AROUND = """
    jobs = queue.Queue()
    def work():
        try:
            while True:
                jobs.get()
                jobs.task_done()
        except queue.ShutDown:
            print("over")
    def close(): jobs.shutdown()
"""
INSIDE = """
    from queue import ShutDown
    class Printer:
        def __init__(self): self.pages = queue.Queue()
        def run(self):
            while True:
                try:
                    page = self.pages.get()
                except (ShutDown, OSError):
                    break
                print(page)
        def submit(self, page):
            try: self.pages.put(page)
            except ShutDown: print("too late")
        def stop(self): self.pages.shutdown()
    printer = Printer()
    work = printer.run
"""


@pytest.mark.parametrize(
    ("text", "means"),
    [(AROUND, "calls shutdown() of jobs"), (INSIDE, "calls shutdown() of self.pages")],
    ids=["around the loop", "in the loop"],
)
def test_a_queue_is_shut_down_as_the_program_does(program: Load, text: str, means: str) -> None:
    module = program(text)
    thread = threading.Thread(target=module.work)
    thread.start()

    finding = find_stop(Target.of_thread(thread))

    assert finding.means == means
    assert finding.apply().done
    thread.join(PATIENCE)
    assert not thread.is_alive()


REFUSED = {
    "the program never does": (AROUND.replace("jobs.shutdown()", "pass"), ""),
    "who puts is not ready for it": (AROUND + "    def feed(): jobs.put(1)\n", "what is put into jobs then fails"),
    "another takes from it": (AROUND + "    def spy(): return jobs.get()\n", "spy() takes from it as well"),
    "work comes after it": (AROUND.replace('print("over")', "launch()"), "works on after it"),
    "the loop goes on": (INSIDE.replace("break", "continue"), ""),
}


@pytest.mark.parametrize(("text", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_a_plain_cancel_shuts_nothing_down(program: Load, text: str, why: str) -> None:
    finding = find_stop(Target(program(text).work))

    assert finding.means == ""
    assert [offer.why for offer in finding.offers if why not in offer.why] == []
    assert bool(finding.offers) is bool(why)


def test_an_older_queue_has_no_such_end(program: Load) -> None:
    module = program(AROUND.replace("queue.Queue()", "queue.SimpleQueue()"))

    assert find_stop(Target(module.work)).means == ""
    assert not hasattr(queue.SimpleQueue, "shutdown")
