"""Objects and files that would bite whoever looks at them carelessly."""

from __future__ import annotations

import ast
import gc
import linecache
import os
import subprocess
import sys
import threading
import types
import warnings
import weakref
from pathlib import Path

import pytest

from taskmon.watch.flags import Target, find_stop, inspect_safely, remember, source
from taskmon.watch.flags.source import LONGEST
from tests.helpers.gates import PATIENCE, wait_until
from tests.watch.flags.conftest import Load, is_inside

ROOT = Path(__file__).parents[3]

#: Classes with a method `run` that loops on `self.running`; looking at them must run nothing and find nothing.
HOSTILE = {
    "__getattribute__": """
        class Job:
            def __getattribute__(self, name): raise SystemExit(touched.append(name))
            def run(self):
                while self.running: compute()
        """,
    "__getattr__": """
        class Job:
            def __getattr__(self, name): touched.append(name); return True
            def run(self):
                while self.running: compute()
        """,
    "a property with effects": """
        class Job:
            @property
            def running(self):
                touched.append("asked")
                for n in range(3): print(n)
                return True
            def run(self):
                while self.running: compute()
        """,
    "a descriptor": """
        class Field:
            def __get__(self, obj, cls): touched.append("get"); return True
            def __set__(self, obj, value): touched.append("set")
        class Job:
            running = Field()
            def run(self):
                while self.running: compute()
        """,
    "a lie about its class": """
        class Job:
            def __init__(self): self.running = Lie()
            def run(self):
                while self.running: compute()
        class Lie:
            @property
            def __class__(self): touched.append("class"); return bool
            def __eq__(self, other): touched.append("eq"); return True
            def __bool__(self): touched.append("bool"); return True
            __hash__ = None
        """,
    "an event that is none": """
        class Job:
            def __init__(self): self.stop = Lie()
            def run(self):
                while not self.stop.is_set(): compute()
        class Lie:
            __class__ = threading.Event
            def is_set(self): touched.append("is_set"); return False
            def set(self): touched.append("set")
        """,
    "__setattr__": """
        class Job:
            def __init__(self): self.__dict__["running"] = True
            def __setattr__(self, name, value): touched.append(name)
            def run(self):
                while self.running: compute()
        """,
    "a metaclass": """
        class Meta(type):
            def __getattribute__(cls, name): touched.append(name); raise SystemExit
        class State(metaclass=Meta): pass
        class Job:
            def run(self):
                while State.running: compute()
        """,
    "threading.local": """
        class Job:
            def __init__(self): self.local = threading.local(); self.local.running = True
            def run(self):
                while self.local.running: compute()
        """,
    "a dict of one's own kind": """
        class State(dict):
            def __getitem__(self, key): touched.append(key); return True
        class Job:
            def __init__(self): self.state = State(running=True)
            def run(self):
                while self.state["running"]: compute()
        """,
    "frozen": """
        import dataclasses
        @dataclasses.dataclass(frozen=True)
        class Job:
            running: bool = True
            def run(self):
                while self.running: compute()
        """,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_looking_runs_nothing_and_finds_nothing(program: Load, text: str) -> None:
    module = program("touched = []\n" + text.replace("\n        ", "\n"))
    job = module.Job()
    module.touched.clear()

    finding = find_stop(Target(types.MethodType(vars(module.Job)["run"], job)))

    assert (finding.means, finding.offers) == ("", ())
    assert module.touched == []


@pytest.mark.parametrize("what", [print, len, threading.Lock().acquire, int, 3, None, "".join, types.SimpleNamespace()])
def test_what_is_not_python_code_has_no_way_to_be_stopped(what: object) -> None:
    finding = find_stop(Target(what))  # type: ignore[arg-type]

    assert finding.means == ""
    assert finding.why_not.startswith("no way to stop this thread was found: it runs")


def test_a_file_changed_since_is_not_believed(program: Load) -> None:
    module = program("def work(stop):\n    while not stop.is_set(): time.sleep(1)")
    Path(str(module.__file__)).write_text(
        "import threading, time, queue, functools\ndef work(stop):\n    while not stop.is_set(): time.sleep(2)\n"
    )

    finding = find_stop(Target(module.work, (threading.Event(),)))

    assert finding.means == ""
    assert finding.why_not.endswith("its source was changed since it was started, or rewritten on import")


def test_code_without_a_file_is_read_when_its_text_is_remembered() -> None:
    text = "def work(stop):\n    while not stop.is_set(): pass\n"
    names: dict[str, object] = {}
    exec(compile(text, "<a command>", "exec"), names)
    target = Target(names["work"], (threading.Event(),))  # type: ignore[arg-type]

    before = find_stop(target)
    remember("<a command>", text)
    exec(compile(text, "<a command>", "exec"), names)

    assert "its source is not kept anywhere" in before.why_not
    assert find_stop(target._replace(function=names["work"])).means == "sets stop"  # type: ignore[arg-type]


@pytest.mark.parametrize("option", ["-c", "-Bc"])
def test_the_code_of_a_command_line_is_read(option: str) -> None:
    code = """if True:
        import threading
        from taskmon.watch.flags import Target, find_stop
        def work(stop):
            while not stop.wait(1): pass
        print(find_stop(Target(work, (threading.Event(),))).means)
    """

    done = subprocess.run([sys.executable, option, code], cwd=ROOT, check=True, capture_output=True, text=True)

    assert done.stdout == "sets stop\n"


def test_reading_a_file_prints_no_warning_of_its_own(tmp_path: Path) -> None:
    script = tmp_path / "odd.py"
    script.write_text(
        "import sys, threading\n"
        "def work(stop):\n"
        "    while not stop.wait(1): print('\\d' is sys)\n"
        "from taskmon.watch.flags import Target, find_stop\n"
        "if sys.argv[1:]: print(find_stop(Target(work, (threading.Event(),))).means)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "always"}

    plain, read = (
        subprocess.run(
            [sys.executable, str(script), *more], env=environment, check=True, capture_output=True, text=True
        )
        for more in ([], ["read"])
    )

    assert read.stdout == "sets stop\n"
    assert read.stderr == plain.stderr


def test_a_warning_that_was_given_is_not_given_again_because_of_us() -> None:
    """What the program has warned of already stays noted, and its filters are as they were."""
    given: dict[str, object] = {}

    def warn() -> None:
        warnings.warn_explicit("old", UserWarning, "program.py", 1, registry=given)  # type: ignore[arg-type]

    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("default")
        filters = list(warnings.filters)
        warn()
        source.parse(r"'\d' is None")
        warn()
        assert warnings.filters == filters
    assert [str(one.message) for one in heard] == ["old"]


def test_a_second_look_reads_nothing_again(program: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    module = program("def work(stop):\n    while not stop.is_set(): compute()")
    target = Target(module.work, (threading.Event(),))
    first = find_stop(target)

    for name in ("parse", "walk"):
        monkeypatch.delattr(ast, name)

    assert find_stop(target).means == first.means == "sets stop"


def test_a_huge_function_is_not_parsed(program: Load) -> None:
    module = program("def work(stop):\n    while not stop.is_set():\n" + "        n = 1\n" * (LONGEST + 1))

    assert find_stop(Target(module.work, (threading.Event(),))).why_not.endswith(f"it is longer than {LONGEST} lines")


def test_of_a_huge_file_only_the_function_is_parsed(program: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    module = program("n = 1\n" * 20_000 + "def work(stop):\n    while not stop.is_set(): pass\n")
    parsed: list[int] = []
    parse = ast.parse
    monkeypatch.setattr(ast, "parse", lambda text, *more: parsed.append(len(text.split())) or parse(text, *more))

    assert find_stop(Target(module.work, (threading.Event(),))).means == "sets stop"
    assert max(parsed) < 1000  # words: the file has sixty thousand


def test_a_function_that_calls_itself_ends_the_reading(program: Load) -> None:
    module = program("""
        class Job:
            def __init__(self): self.stop = False
            def run(self): self.again()
            def again(self):
                self.run()
                self.again()
                while not self.stop: self.again()
    """)

    finding = find_stop(Target(module.Job().run))

    assert (finding.means, finding.why_not) == ("sets self.stop to True", "")


def test_peek_tells_how_a_name_is_found() -> None:
    class Base:
        shared = 1

        def method(self) -> None: ...

        @property
        def computed(self) -> int:
            raise AssertionError("run")

    class Derived(Base):
        __slots__ = ("slot",)

        def __init__(self) -> None:
            self.own = 2

    job = Derived()
    found = {
        name: inspect_safely.peek(job, name).how for name in ("own", "shared", "method", "computed", "slot", "none")
    }

    assert found == {
        "own": inspect_safely.OWN, "shared": inspect_safely.CLASS,
        "method": inspect_safely.METHOD, "computed": inspect_safely.PROPERTY,
        "slot": inspect_safely.ABSENT, "none": inspect_safely.ABSENT,
    }  # fmt: skip
    assert inspect_safely.peek(Derived, "shared").how == inspect_safely.OWN
    assert inspect_safely.peek(threading, "Thread").value is threading.Thread


def test_what_exec_has_made_is_told_so() -> None:
    names: dict[str, object] = {}
    exec("def work(stop):\n    while not stop.is_set(): pass\n", names)

    why = find_stop(Target(names["work"], (threading.Event(),))).why_not  # type: ignore[arg-type]

    assert why.endswith("its source is not kept anywhere: it was made while the program ran, by exec() for instance")


def test_a_cell_of_a_notebook_is_read(program: Load) -> None:
    """Notebooks and prompts keep the text of a cell where `linecache` finds it, under a name of their own."""
    text = "import threading\nstop = threading.Event()\ndef work():\n    while not stop.wait(1): pass\n"
    name = "<ipython-input-3-0a1b2c>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    names: dict[str, object] = {"__name__": "__main__"}
    try:
        exec(compile(text, name, "exec"), names)

        assert find_stop(Target(names["work"])).means == "sets stop"  # type: ignore[arg-type]
    finally:
        del linecache.cache[name]


def test_a_cell_is_read_of_which_each_statement_was_compiled_by_itself(program: Load) -> None:
    """As IPython does: what the cell imports is then a variable like any other to the compiler."""
    text = "import time\ndef work(stop):\n    while not stop.is_set(): time.sleep(1)\n"
    name = "/tmp/ipykernel_4711/1013651122.py"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    names: dict[str, object] = {"__name__": "__main__"}
    try:
        for statement in ast.parse(text).body:
            exec(compile(ast.Interactive([statement]), name, "single"), names)

        assert find_stop(Target(names["work"], (threading.Event(),))).means == "sets stop"  # type: ignore[arg-type]
    finally:
        del linecache.cache[name]


def test_two_lambdas_in_a_line_are_told_apart(program: Load) -> None:
    module = program("""
        one, other = threading.Event(), threading.Event()
        first, second = (lambda: loop(one.is_set), lambda: loop(other.is_set))
        def loop(asks):
            while not asks(): time.sleep(1)
    """)

    assert find_stop(Target(module.first)).apply().done
    assert (module.one.is_set(), module.other.is_set()) == (True, False)
    assert find_stop(Target(module.second)).apply().done
    assert module.other.is_set()


@pytest.mark.parametrize(
    "shape",
    [
        "def work(stop):\n    while not stop.is_set():\n        pass",
        "if True:\n    def work(stop):\n        while not stop.is_set(): pass",
        "def work(\n    stop,\n):\n    text = '''x\nat the margin\n'''\n    while not stop.is_set(): pass",
        "def outer(n):\n    def work(stop):\n        while not stop.wait(n): pass\n    return work\nwork = outer(1)",
        "class A:\n    @staticmethod\n    def work(stop):\n        while not stop.is_set(): pass\nwork = A.work",
        "work = lambda stop: [time.sleep(1) for _ in iter(lambda: stop.is_set(), True)]",
    ],
)
def test_functions_of_every_shape_are_read(program: Load, shape: str) -> None:
    stop = threading.Event()

    assert find_stop(Target(program(shape).work, (stop,))).means == "sets stop"


def test_looking_keeps_nothing_alive(program: Load) -> None:
    """Nor does it leave anything for the garbage collector to find, which may come late."""
    module = program("""
        jobs = queue.Queue()
        def work(stop):
            while not stop.is_set():
                if jobs.get() is None: break
    """)
    stop = threading.Event()
    alive = weakref.ref(stop)
    gc.collect()
    gc.disable()
    try:
        assert find_stop(Target(module.work, (stop,))).means == "sets stop"
        del stop

        assert alive() is None
    finally:
        gc.enable()


ODD_THREADS = """
    class Odd(threading.Thread):
        touched = None
        def note(self, name, value=None):
            if Odd.touched is not None: Odd.touched.append(name)
            return value
        def is_alive(self): return self.note("is_alive", super().is_alive())
        def __eq__(self, other): return self.note("__eq__", True)
        def __hash__(self): return self.note("__hash__", 1)
        ident = property(lambda self: self.note("ident", self._ident))
        daemon = property(lambda self: self.note("daemon", True), lambda self, value: None)
        def __init__(self, target=None):
            super().__init__(target=target)
            self._daemonic = True
    class Takers:
        def __init__(self):
            self.jobs = queue.SimpleQueue()
            self.threads = [Odd(target=self.run) for _ in range(2)]
        def run(self):
            while True:
                job = self.jobs.get()
                if job is None: break
                print(job)
        def end(self):
            for _ in self.threads: self.jobs.put(None)
"""


def test_a_thread_of_a_class_of_its_own_is_asked_nothing(program: Load) -> None:
    module = program(ODD_THREADS)
    service = module.Takers()
    for thread in service.threads:
        thread.start()
    wait_until(lambda: all(is_inside(thread, module, "run") for thread in service.threads), "that they run")
    module.Odd.touched = []
    try:
        for thread in service.threads:
            find_stop(Target.of_thread(thread))
        means = find_stop(Target.of_thread(service.threads[0])).means
        assert means == "puts None into self.jobs (2 consumers)"
        assert module.Odd.touched == []
    finally:
        module.Odd.touched = None
        service.end()
        for thread in service.threads:
            thread.join(PATIENCE)
