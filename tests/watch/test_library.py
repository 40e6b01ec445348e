"""The modules that taskmon runs on in a program are its own: what the program replaces or shadows does not reach it."""

from __future__ import annotations

import ast
import json
import os
import sys
from pathlib import Path

import pytest

from taskmon.watch import own_threading
from tests.watch.faithful import Case
from tests.watch.test_faithful import ROOT, run, watched, write

#: Names of Python's that a program may have a file of.
SHADOWED = [name for name in (
    "_queue", "ast", "collections", "contextlib", "copy", "dataclasses", "enum", "functools", "inspect", "json",
    "operator", "queue", "re", "select", "signal", "socket", "struct", "threading", "token", "traceback", "types",
    "typing", "weakref",
) if name not in sys.builtin_module_names]  # fmt: skip

LOOKED_AT = {"TASKMON_WATCH_DEBUG": "always"}  # what goes wrong in us is printed

LOAD = """
import sys
folder = sys.argv[1]
namespace = {"__name__": "library"}
exec(open(folder + "/watch/library.py").read(), namespace)
before = set(sys.modules)
library = namespace["Library"](folder)
for name in ("watch.start", "watch.looking", "watch.flags.search", "link.program.session", "core.stacks.sampler"):
    library.load("taskmon." + name)
"""


def run_with_library(code: str, tmp_path: Path, *flags: str) -> str:
    case = Case(LOAD + code, (*flags, "main.py", str(ROOT / "taskmon")))
    write(case, tmp_path)
    status, printed, errors = run([sys.executable, *case.words], case, tmp_path)
    assert (status, errors) == (0, b"")
    return printed.decode()


def test_nothing_is_imported_for_the_program(tmp_path: Path) -> None:
    """All that is needed to watch has been loaded, and not one module is there that was not there before."""
    assert run_with_library("print(sorted(set(sys.modules) - before))", tmp_path) == "[]\n"


def test_reading_a_name_imports_nothing_for_the_program(tmp_path: Path) -> None:
    """Nor does what C looks up on behalf of what was called, such as the module of an expression's template."""
    code = (
        "text = library.load('taskmon.core.base.text')\n"
        "assert text.plain('e' + 9 * chr(0x301) + chr(10)) == 'e' + 4 * chr(0x301) + chr(0x2424)\n"
        "print(sorted(set(sys.modules) - before))"
    )
    assert run_with_library(code, tmp_path) == "[]\n"


def test_what_the_program_takes_out_of_its_builtins_is_not_missed(tmp_path: Path) -> None:
    code = (
        "import builtins\nsaved = {**builtins.__dict__}\n"
        "for name in 'dict enumerate frozenset map set sorted type vars zip'.split(): delattr(builtins, name)\n"
        "for name in ('taskmon.watch.rows.greenlets', 'taskmon.watch.hooks.rich_bars'):\n"
        "    assert not library.loaded(name)\n    library.load(name)\n"
        "builtins.__dict__.update(saved); print('loaded')"
    )
    assert run_with_library(code, tmp_path) == "loaded\n"


def test_what_the_program_puts_into_its_builtins_is_not_called(tmp_path: Path) -> None:
    """By Python's import system and its aliases, which it shares with us."""
    before = """
import builtins, sys
called, wanted = set(), ("<frozen importlib._bootstrap>", "<frozen importlib._bootstrap_external>",
    "<frozen _collections_abc>", "<frozen abc>")
def stand_in(name, real, frame=sys._getframe):
    def call(*given, **named):
        called.add((name, frame(1).f_code.co_filename))
        return real(*given, **named)
    return call
def replace():
    for name in ('compile', 'getattr', 'hasattr', 'isinstance', 'issubclass', 'iter', 'len', 'max', 'setattr'):
        setattr(builtins, name, stand_in(name, getattr(builtins, name)))
"""
    load = LOAD.replace("for name in", "replace()\nfor name in")
    case = Case(
        before + load + "library.load('_json')\nprint(sorted(each for each in called if each[1] in wanted))",
        ("main.py", str(ROOT / "taskmon")),
    )
    write(case, tmp_path)
    assert run([sys.executable, *case.words], case, tmp_path) == (0, b"[]\n", b"")


def test_what_the_program_puts_into_sys_is_not_taken(tmp_path: Path) -> None:
    """Nor by a module that is loaded later, when a window is opened."""
    code = (
        "import sys; sys.getswitchinterval = None\n"
        "print(type(library.load('taskmon.core.stacks.look').getswitchinterval).__name__)"
    )
    case = Case(LOAD.partition("for name in")[0] + code, ("main.py", str(ROOT / "taskmon")))
    write(case, tmp_path)
    assert run([sys.executable, *case.words], case, tmp_path) == (0, b"builtin_function_or_method\n", b"")


@pytest.mark.parametrize("options", [(), ("-O",), ("-X", "pycache_prefix=kept")])
def test_what_python_has_compiled_is_used_as_long_as_it_is_of_the_source(
    options: tuple[str, ...], tmp_path: Path
) -> None:
    """And read without what the program may have replaced: so not by Python's own loader."""
    code = """
namespace["compile"] = lambda source, path, *how, **named: compiled.append(path) or compile(source, path, *how, **named)
import os, py_compile
from importlib.util import cache_from_source
compiled, path = [], os.path.abspath("made.py")
for source, mode, compiles in (
    ("a = 1", None, True), ("a = 1", "TIMESTAMP", False), ("a = 22", None, True), ("a = 3", "UNCHECKED_HASH", False),
    ("a = 4", "CHECKED_HASH", True),
):
    with open(path, "w") as file:
        file.write(source)
    if mode:
        py_compile.compile(path, doraise=True, invalidation_mode=py_compile.PycInvalidationMode[mode])
    names, compiled[:] = {}, []
    found = namespace["_Loader"]("made", path, os.close).get_code("made")
    exec(found, names)
    assert (names["a"], bool(compiled)) == (int(source[4:]), compiles), (source, mode, names["a"], compiled)
    assert found.co_filename == path
open(cache_from_source(path), "wb").write(b"nonsense")
assert namespace["_Loader"]("made", path, os.close).get_code("made").co_filename == path
print("as it is")
"""
    case = Case(LOAD.partition("for name in")[0] + code, (*options, "main.py", str(ROOT / "taskmon")))
    write(case, tmp_path)
    assert run([sys.executable, *case.words], case, tmp_path) == (0, b"as it is\n", b"")


def test_whatever_is_needed_of_typing_stands_in_for_it(tmp_path: Path) -> None:
    """Typing's own classes are partly in C, which imports `typing` by name: where the program's files come first."""
    needed = {
        alias.name
        for room in ("core", "link", "watch")
        for file in (ROOT / "taskmon" / room).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_bytes()))
        if isinstance(node, ast.ImportFrom) and node.module == "typing"
        for alias in node.names
    }
    assert "NamedTuple" in needed
    code = f"print(library._typing.has({sorted(needed)!r}), library.loaded('typing'))"
    assert run_with_library(code, tmp_path) == "True None\n"


def test_whatever_is_needed_of_threading_stands_in_for_it() -> None:
    """In a program that has not imported it, which may have threads all the same: of Qt, or of `_thread`."""
    needed = {
        node.attr
        for room in ("core", "link/program", "link/wire", "watch")
        for file in (ROOT / "taskmon" / room).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_bytes()))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "threading"
    }
    assert "Semaphore" in needed
    assert [name for name in sorted(needed) if not hasattr(own_threading, name)] == []


def test_named_tuples_are_as_typing_makes_them(tmp_path: Path) -> None:
    code = """
reason = library.load("taskmon.core.stop.reason")
first = reason.StopReason(reason.StopKind.USER, "", text="enough", at=1.0)
print(type(first).__mro__[1:] == (tuple, object), type(first).__module__, first._replace(by="me")[1:], first.text)
print("first reason wins" in type(first).__doc__, type(first)._fields, callable(first.sentence))
kernel = library.load("taskmon.core.stacks.facts")
print(sorted(kernel.ThreadFacts._field_defaults) != [])
"""
    assert run_with_library(code, tmp_path).splitlines() == [
        "True taskmon.core.stop.reason ('me', 'enough', 1.0) enough",
        "True ('kind', 'by', 'text', 'at') True",
        "True",
    ]


def test_little_is_loaded_before_the_program_begins(tmp_path: Path) -> None:
    """It waits for that. What these would drag along costs more than all else together."""
    code = (
        LOAD.partition("for name in")[0]
        + """
library.load("taskmon.watch.start")
costly = ("ast", "collections", "contextlib", "dataclasses", "enum", "functools", "importlib", "json",
          "os", "re", "typing")
print([name for name in costly if library.loaded(name)])
print(sum(name.startswith("taskmon") for name in library._modules) <= 22)
"""
    )
    case = Case(code, ("main.py", str(ROOT / "taskmon")))
    write(case, tmp_path)

    assert run([sys.executable, *case.words], case, tmp_path) == (0, b"[]\nTrue\n", b"")


@pytest.mark.parametrize("mode", ["unattended", "looked at"])
def test_the_modules_are_those_of_an_ordinary_run(mode: str, tmp_path: Path) -> None:
    case = Case("import sys, time; print(sorted(sys.modules)); time.sleep(0.3); print(len(sys.modules))")
    write(case, tmp_path)
    more = LOOKED_AT if mode == "looked at" else {}

    assert run(watched(case.words), case, tmp_path, **more) == run([sys.executable, *case.words], case, tmp_path)


@pytest.mark.parametrize("mode", ["unattended", "looked at"])
def test_a_programs_own_files_of_such_names_are_not_executed(mode: str, tmp_path: Path) -> None:
    """Until it imports one itself, and then it is that one."""
    files = {f"app/{name}.py": f"print('own {name}'); WORD = 1" for name in SHADOWED}
    case = Case(
        "import time, _thread\nlock = _thread.allocate_lock(); lock.acquire()\n"
        "def work():\n    time.sleep(0.3); lock.release()\n_thread.start_new_thread(work, ())\nlock.acquire()\n"
        f"for name in {SHADOWED!r}:\n    print(__import__(name).WORD)"
    )
    case = Case("", ("app/main.py",), {**files, "app/main.py": case.code})
    write(case, tmp_path)
    more = LOOKED_AT if mode == "looked at" else {}

    plain = run([sys.executable, *case.words], case, tmp_path)
    assert plain[0] == 0
    assert run(watched(case.words), case, tmp_path, **more) == plain


def test_what_the_program_puts_into_python_s_modules_is_never_called(tmp_path: Path) -> None:
    """As green-thread libraries, fake clocks and fake file systems do."""
    code = """
import sys, threading, time, select, os, socket, json, queue, _thread, functools, linecache, warnings
called, getframe = [], sys._getframe
def watch_out(module, name):
    before = getattr(module, name)
    def replacement(*args, **kwargs):
        frame = getframe(1)
        while frame is not None:
            if frame.f_code.co_filename.startswith("<taskmon"):
                called.append(f"{name} from {frame.f_code.co_filename} {frame.f_lineno}")
            frame = frame.f_back
        return before(*args, **kwargs)
    setattr(module, name, replacement)
for module, names in (
    (threading, "_allocate_lock Lock RLock Event Condition get_ident current_thread"), (time, "sleep time monotonic"),
    (select, "poll select"), (os, "getpid fstat open read write stat lstat urandom"), (socket, "socket"),
    (json, "dumps loads"), (queue, "Queue"), (threading, "main_thread enumerate"), (functools, "cache lru_cache"),
    (linecache, "getline getlines checkcache updatecache lazycache"), (warnings, "warn filterwarnings"),
    (_thread, "allocate_lock start_new_thread get_ident"),
    (sys, "_current_frames gettrace getprofile settrace setprofile getswitchinterval getrefcount"),
):
    for name in names.split():
        watch_out(module, name)
def work():
    for _ in range(20):
        pause.wait(0.02)
    raise ValueError("a traceback is made of it")
threading.excepthook = lambda args: None
pause = threading.Event()
thread = threading.Thread(target=work)
thread.start(); thread.join()
print(sorted(set(called)))
"""
    case = Case(code)
    write(case, tmp_path)

    assert run(watched(case.words), case, tmp_path, **LOOKED_AT) == (0, b"[]\n", b"")


def test_it_holds_no_lock_that_green_threads_would_have_to_replace(tmp_path: Path) -> None:
    """eventlet looks for such locks among all objects, and complains of those that it cannot reach."""
    code = (
        "import gc, _thread; print([o for o in gc.get_objects() if type(o) is _thread.RLock and not"
        " any(type(r).__name__ in ('_ModuleLock', 'BufferedWriter') for r in gc.get_referrers(o))])"
    )
    assert run_with_library(code, tmp_path) == "[]\n"


def test_code_of_ours_bears_names_that_tools_leave_out(tmp_path: Path) -> None:
    code = """
import json, types
def codes(code):
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from codes(constant)
found = set()
for name, module in library._modules.items():
    if name.startswith("taskmon"):
        found.add(module.__file__)
        for value in list(vars(module).values()):
            for function in [value, *(vars(value).values() if isinstance(value, type) else ())]:
                if isinstance(function, types.FunctionType) and function.__module__ == name:
                    found.update(code.co_filename for code in codes(function.__code__))
print(json.dumps(sorted(name for name in found if name.startswith(folder))), len(found) > 40)
"""
    assert run_with_library(code, tmp_path) == "[] True\n"


def test_a_profile_names_what_is_ours(tmp_path: Path) -> None:
    """Whoever prints one cuts off the folders of each file, and a name of ours has none."""
    case = Case(
        "import cProfile, pstats, io\nprofile = cProfile.Profile()\n"
        "profile.runcall(lambda: (print('said', flush=True), __import__('colorsys')))\n"
        "out = io.StringIO(); pstats.Stats(profile, stream=out).strip_dirs().print_stats()\n"
        "print('<taskmon watch.hooks.output>' in out.getvalue(), 'output.py' in out.getvalue())"
    )
    write(case, tmp_path)

    assert run(watched(case.words), case, tmp_path, **LOOKED_AT) == (0, b"said\nTrue False\n", b"")


def test_errors_of_the_windows_json_are_found_without_the_programs_modules(tmp_path: Path) -> None:
    """In C, the class of such an error is imported from wherever ``json`` comes from by then."""
    (tmp_path / "json.py").write_text("print('own json')")
    code = """
decode = library.load("taskmon.link.wire.connection").decode
for data in (b'{"t": "x", "a": [1, "\\\\u00e9"]}', b'{"t": ', b'[1,', b'{"t": "\\\\ud800x"}'):
    try:
        print(decode(data))
    except ValueError as error:
        print(type(error).__name__)
"""
    expected = [str(json.loads('{"t": "x", "a": [1, "\\u00e9"]}')), "FrameError", "FrameError"]
    assert run_with_library(code, tmp_path).splitlines()[:3] == expected


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_a_fork_in_the_midst_of_loading_leaves_the_child_free_to_load(tmp_path: Path) -> None:
    code = """
import os
library._lock.__enter__()
library._lock._owner = -1  # another thread's, which is not in the child
child = os.fork()
if child == 0:
    library.begin_anew_after_fork()
    library.load("taskmon.core.process.parent")
    os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert run_with_library(code, tmp_path) == "7\n"


@pytest.mark.skipif(sys.platform != "linux", reason="there is no such file")
def test_a_file_that_tells_no_size_is_read_at_once(tmp_path: Path) -> None:
    """Those of the kernel do not. Each reading may be a turn of all busy threads."""
    code = """
sizes, read = [], namespace["_read"]
def count(fd, size):
    sizes.append(size)
    return read(fd, size)
namespace["_read"] = count
print(library.open_safely("/proc/self/stat", "rb").read() != b"", len(sizes))
"""
    assert run_with_library(code, tmp_path) == "True 2\n", "what there is, and that there is no more"


def test_a_number_that_the_program_has_given_away_meanwhile_is_not_closed(tmp_path: Path) -> None:
    """The program closes what it does not own while a file is read, and has the number for a file of its own."""
    code = """
import os
number, read = [], namespace["_read"]
def close_and_reuse(fd, size):
    if not number:
        number.append(fd)
        os.closerange(3, 256)
        own = os.open("own.txt", os.O_RDWR | os.O_CREAT | os.O_NONBLOCK)
        if own != fd:
            os.dup2(own, fd, False); os.close(own)
    return read(fd, size)
namespace["_read"] = close_and_reuse
try:
    print(library.open_safely(folder + "/__init__.py").read())
except OSError as error:
    print(error.strerror)
os.write(number[0], b"mine")
os.lseek(number[0], 0, 0)
print(os.read(number[0], 10))
print(library.open_safely(folder + "/__init__.py").read()[:3], int(open("/proc/self/stat").read().split()[0]) > 0)
"""
    told = run_with_library(code, tmp_path).splitlines()
    assert told == ["the program has closed this file while it was read", "b'mine'", '""" True']


@pytest.mark.parametrize("look", [2, 3])  # before it is read on, and before it is closed
def test_a_number_is_not_trusted_for_as_long_as_the_answer_takes(look: int, tmp_path: Path) -> None:
    """Asking what a number stands for lets go of the interpreter: the program may have it by the time of the answer."""
    code = """
import os
looks, fstat = [], namespace["_fstat"]
def answer_late(fd):
    found = fstat(fd)
    looks.append(fd)
    if len(looks) == LOOK:
        os.closerange(3, 256)
        own = os.open("own.txt", os.O_RDWR | os.O_CREAT)
        if own != fd:
            os.dup2(own, fd, False); os.close(own)
    return found
namespace["_fstat"] = answer_late
try:
    library.open_safely(folder + "/__init__.py")
except OSError as error:
    print(error.strerror)
print(os.write(looks[0], b"mine"))
""".replace("LOOK", str(look))
    assert run_with_library(code, tmp_path).splitlines() == ["the program has closed this file while it was read", "4"]


def test_a_number_is_closed_without_letting_go_of_the_interpreter_before(tmp_path: Path) -> None:
    """Whoever waits for that in this moment may close all numbers, and be given this one for a file of its own."""
    code = """
import _ctypes, os, socket, struct, threading, time
turns, stop, told = [0], threading.Event(), []
def program():
    while not stop.is_set():
        time.sleep(0)
        turns[0] += 1
def slow_to_close():
    "What it has to say is heard by nobody, and for a second it waits for that when it is closed."
    with socket.create_server(("127.0.0.1", 0)) as server:
        sender = socket.create_connection(server.getsockname())
        deaf.append(server.accept()[0])
    sender.setblocking(False)
    try:
        while True:
            sender.send(bytes(1 << 20))
    except BlockingIOError:
        sender.setblocking(True)
    sender.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 1))
    return sender.detach()
deaf = []
def ours():
    for close in (library.close_at_once, os.close):
        number = slow_to_close()
        sys.setswitchinterval(60)
        time.sleep(0.01)  # the other thread waits for that long from now on, and not for what it was before
        before = turns[0]
        close(number)
        told.append(turns[0] - before)
        sys.setswitchinterval(0.005)
    stop.set()
threads = [threading.Thread(target=work) for work in (program, ours)]
for thread in threads: thread.start()
for thread in threads: thread.join()
for end in deaf: end.close()
print(told[0], told[1] > 0, library.load("os").close == library.close_at_once)
"""
    assert run_with_library(code, tmp_path) == "0 True True\n"


def test_what_keeps_a_file_open_in_the_program_is_not_loaded_for_it(tmp_path: Path) -> None:
    """As ctypes does with newer ones of libffi, which would read whatever has that number later on."""
    code = """
import os, threading
def ours():
    library.close_at_once(os.open(folder, os.O_RDONLY))
    print(library.loaded("_ctypes"), "_ctypes" in sys.modules)
thread = threading.Thread(target=ours)
thread.start(); thread.join()
"""
    assert run_with_library(code, tmp_path) == "None False\n"


def test_where_c_cannot_be_called_numbers_are_closed_all_the_same(tmp_path: Path) -> None:
    code = """
import _ctypes, os, threading
def forbid(event, arguments):
    if event.startswith("ctypes"):
        raise PermissionError(event)
sys.addaudithook(forbid)
def ours():
    number = os.open(folder, os.O_RDONLY)
    library.close_at_once(number)
    library.close_at_once(number)
    print(os.path.exists(f"/proc/self/fd/{number}"))
thread = threading.Thread(target=ours)
thread.start(); thread.join()
"""
    assert run_with_library(code, tmp_path) == "False\n"


def test_a_program_that_ctrl_c_ends_while_modules_are_loaded_ends_by_that_signal(tmp_path: Path) -> None:
    """To run a text, as making a class does, would have the interpreter forget it."""
    code = """
import atexit
atexit.register(lambda: library.load("taskmon.core.process.parent"))
raise KeyboardInterrupt
"""
    case = Case(LOAD + code, ("main.py", str(ROOT / "taskmon")))
    write(case, tmp_path)
    status, _, errors = run([sys.executable, *case.words], case, tmp_path)

    assert errors.endswith(b"KeyboardInterrupt\n")
    assert status == -2


def test_a_text_is_run_where_it_stands(tmp_path: Path) -> None:
    code = """
run, evaluate = library._builtins["exec"], library._builtins["eval"]
def inner(x):
    return evaluate("x + 1"), evaluate(compile("x + 2", "", "eval"))
names = {}
run("y = 3", names)
run("z = 4")
print(inner(1), names["y"], z)
"""
    assert run_with_library(code, tmp_path) == "(2, 3) 3 4\n"


def test_calls_are_written_down_as_ast_does_but_without_a_codec(tmp_path: Path) -> None:
    """To write down a line break takes one, which stayed among the program's modules. And as modules had come since a
    flag was found, no Cancel of it was at once."""
    calls = r"""
print(f'{x}\n', "it's", '"', 'é\x00\\d', "both '\"", 'ends with "', rb'\d')
say('one\ntwo', f'{x!r}: "{y:>5}"\t', '')
"""
    code = f"""
before = set(sys.modules)
ast = library.load("ast")
print(ast.unparse(ast.parse({calls!r})))
print(sorted(set(sys.modules) - before))
"""
    assert run_with_library(code, tmp_path) == f"{ast.unparse(ast.parse(calls))}\n[]\n"
