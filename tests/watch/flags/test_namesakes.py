"""Methods of one name in several places: only those of the object whose thread it is say anything of the thread."""

from __future__ import annotations

import pytest

from taskmon.watch.flags import Target, find_stop
from tests.watch.flags.conftest import Load, doubt

IS_NO_FLAG = "self.complete ends its loop, but its name says something else"
OVEN = """
    class Oven:
        def __init__(self):
            self.complete = False
            self.thread = threading.Thread(target=self.bake)
        def bake(self):
            while not self.complete: compute()
        def mark(self): self.complete = True
    oven = Oven()
    """
#: Who calls a `mark()` and waits for a thread then; whether it is the oven's.
CALLERS = {
    "the very object": ("def over(): oven.mark(); oven.thread.join()", True),
    "in a variable of that class": ("def over(each: Oven): each.mark(); each.thread.join()", True),
    "each of several": (
        "ovens = [oven]\n    def over():\n        for each in ovens: each.mark(); each.thread.join()",
        True,
    ),
    "an object of another class": (
        "class Sheet:\n        def mark(self): pass\n    sheet = Sheet()\n    def over(t): sheet.mark(); t.join()",
        False,
    ),
    "in a variable of another class": (
        "class Sheet:\n        def mark(self): pass\n    def over(t, sheet: Sheet): sheet.mark(); t.join()",
        False,
    ),
    "a function of that name": ("def mark(): pass\n    def over(t): mark(); t.join()", False),
    "a variable of that name": ("def over(t, mark): mark(); t.join()", False),
    "waits for another thread": (
        "other = threading.Thread(target=print)\n    def over(): oven.mark(); other.join()",
        False,
    ),
    "overridden": (
        "class Cold(Oven):\n        def mark(self): pass\n    cold = Cold()\n    def over(t): cold.mark(); t.join()",
        False,
    ),
}


@pytest.mark.parametrize(("caller", "is_the_ovens"), CALLERS.values(), ids=CALLERS.keys())
def test_who_waits_after_a_method_of_that_name(program: Load, caller: str, is_the_ovens: bool) -> None:
    oven = program(f"{OVEN}\n    {caller}").oven

    if is_the_ovens:
        assert find_stop(Target.of_thread(oven.thread)).means == "sets self.complete to True"
    else:
        assert find_stop(Target.of_thread(oven.thread)).why_not == IS_NO_FLAG


def test_a_module_that_knows_nothing_of_it_means_another(program: Load) -> None:
    program("def over(sheet, t): sheet.mark(); t.join()", name="sheets")
    oven = program(OVEN, name="ovens").oven

    assert find_stop(Target.of_thread(oven.thread)).why_not == IS_NO_FLAG


def test_a_module_that_knows_it_may_mean_it(program: Load) -> None:
    oven = program(OVEN, name="ovens").oven
    program("import ovens\ndef over(some, t): some.mark(); t.join()", name="sheets")

    assert find_stop(Target.of_thread(oven.thread)).means == "sets self.complete to True"


POLLED = """
    class Gauge:
        def __init__(self): self._closed = False
        def close(self): self._closed = True
        def is_over(self): return self._closed
        def read(self):
            while not self._closed: compute()
    gauge = Gauge()
    class Sale:
        def is_over(self): return False
    sale = Sale()
    def ship(): compute()
    def watch():
        while True:
            if {asked}.is_over(): ship()
    def start(): threading.Thread(target=watch).start()
    """


def test_who_acts_on_what_it_tells(program: Load) -> None:
    gauge = program(POLLED.format(asked="gauge")).gauge

    assert "ship()" in doubt(gauge.read)


def test_who_asks_another_by_a_method_of_that_name(program: Load) -> None:
    gauge = program(POLLED.format(asked="sale")).gauge

    assert find_stop(Target(gauge.read)).means == "sets self._closed to True"
