"""A key in a set by which a loop goes on, or is told to end: taken out or put in as the program itself does it."""

from __future__ import annotations

import pytest

from taskmon.watch.flags import Target, find_stop
from tests.watch.flags.conftest import Load

_REGISTRY = """
    class Hub:
        def __init__(self): self.feeds, self.threads = {made}, {{}}
        def open(self, name):
            self.feeds{add}
            self.threads[name] = threading.Thread(target=self.feed, args=(name,))
            self.threads[name].start()
        def feed(self, name):
            rows = []
            while {test}: rows.append(name)
        def close(self, name):
            {end}
            self.threads[name].join()
        {more}
    hub = Hub()
"""


def _hub(program: Load, **parts: str) -> Target:
    defaults = {
        "made": '{"north", "south"}', "add": ".add(name)", "test": "name in self.feeds",
        "end": "self.feeds.discard(name)", "more": "",
    }  # fmt: skip
    module = program(_REGISTRY.format(**{**defaults, **parts}))
    return Target(module.hub.feed, ("north",))


def test_a_key_is_taken_out_as_the_program_does(program: Load) -> None:
    target = _hub(program)
    finding = find_stop(target)

    assert finding.means == "takes 'north' out of self.feeds"
    assert finding.apply().words == "took 'north' out of self.feeds"
    assert target.function.__self__.feeds == {"south"}  # type: ignore[attr-defined]
    assert find_stop(target).means == ""


def test_a_key_is_put_in_as_the_program_does(program: Load) -> None:
    end = "self.feeds.add(name)"
    target = _hub(program, made="set()", add=".discard(name)", test="name not in self.feeds", end=end)
    finding = find_stop(target)

    assert finding.means == "puts 'north' into self.feeds"
    assert finding.apply().done
    assert target.function.__self__.feeds == {"north"}  # type: ignore[attr-defined]


def test_a_dictionary_gives_up_its_key(program: Load) -> None:
    end = "self.feeds.pop(name, None)"
    target = _hub(program, made='{"north": 1, "south": 2}', add="[name] = 1", end=end)

    assert find_stop(target).apply().done
    assert target.function.__self__.feeds == {"south": 2}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"end": "self.feeds.remove(name)"}, "fails once it has gone"),
        ({"made": '{"north": 1}', "add": "[name] = 1", "end": "del self.feeds[name]"}, "fails once it has gone"),
        ({"more": "def note(self): self.names = sorted(self.feeds)"}, "others look at it as well"),
        ({"more": "def count(self): self.many = len(self.feeds) > 3"}, "others look at it as well"),
    ],
)
def test_a_key_that_is_more_than_a_flag_is_left(program: Load, parts: dict[str, str], why: str) -> None:
    finding = find_stop(_hub(program, **parts))

    assert finding.means == ""
    assert why in finding.why_not


def test_what_only_tells_of_somebody_is_left(program: Load) -> None:
    module = program("""
        online = {"bo"}
        def greet(user):
            while user in online: time.sleep(0.1)
        def logout(user): online.discard(user)
    """)

    assert "nobody ends the thread by it" in find_stop(Target(module.greet, ("bo",))).why_not


def test_ending_all_of_them_is_no_look(program: Load) -> None:
    more = "def close_all(self):\n            for name in list(self.feeds): self.close(name)"

    assert find_stop(_hub(program, more=more)).means == "takes 'north' out of self.feeds"
