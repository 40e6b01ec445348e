"""All that is loaded into watched programs, compiled and in one file.

Each look at a file lets go of the interpreter, and among sixty busy threads it takes a third of a second to come by it:
read module by module, the watcher of such a program was ready after a minute. One file is read at once, and before the
program begins.

It lies where Python keeps what it compiles, and only who starts a watch makes it: to the program it is what is
installed, and neither made nor judged there. It is of use to the very Python that made it, and to no other.
"""

from __future__ import annotations

import marshal
import os
import sys

TYPE_CHECKING = False  # a program that is to be watched waits for what is imported here
if TYPE_CHECKING:
    from typing import Any, Final

#: The package. Not by `taskmon.paths`, which asks `pathlib`: that takes longer than to see that the bundle is fresh.
_PACKAGE: Final = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
#: What each program needs, before it begins and to see whether there is a window.
_FIRST: Final = ("taskmon.watch.start", "os", "taskmon.link.wire.meeting")
#: What one needs that is looked at, one whose Cancel is asked for, and what hears of threads and calls. What those
#: import comes along, but for what `taskmon.watch.library` loads late.
_REST: Final = (
    "taskmon.link.program.publisher",
    "taskmon.link.program.session",
    "taskmon.watch.looking",
    "taskmon.core.stacks.sampler",
    "taskmon.core.stacks.awaits",
    "taskmon.watch.flags",
    "taskmon.watch.hooks.threads",
    "taskmon.watch.hooks.pools",
    "taskmon.watch.hooks.bars",
    "taskmon.watch.hooks.children",
    "taskmon.watch.hooks.task_ends",
)
#: Executed by a Python of its own. Arguments: the package, the file, how many modules come first, the modules.
_MAKE: Final = """
import marshal, os, sys
folder, made, count, *modules = sys.argv[1:]
names = {"__name__": "taskmon.watch.library"}
exec(compile(open(folder + "/watch/library.py", "rb").read(), "<taskmon watch.library>", "exec"), names)
noted = {}
library = names["Library"](folder, noted=noted)
for module in modules[:int(count)]:
    library.load(module)
first = len(noted)
for module in modules[int(count):]:
    library.load(module)
files = {}
for path, *_ in noted.values():
    found = os.stat(path)
    files[path] = (found.st_mtime_ns, found.st_size)
index, codes, begin = ({}, {}), ([], []), 0
for number, (name, (path, places, label, code)) in enumerate(noted.items()):
    begin = 0 if number in (0, first) else begin
    index[number >= first][name] = (path, places, label, begin, begin + len(code))
    codes[number >= first].append(code)
    begin += len(code)
found = os.stat(folder + "/watch/library.py")
head = (names["PYTHON"], (found.st_mtime_ns, found.st_size), index[0])
heads = [marshal.dumps(head), b"".join(codes[0]), marshal.dumps(files), marshal.dumps(index[1])]
part = made + "." + str(os.getpid())
with open(part, "xb") as file:
    file.write(b"".join([*(len(head).to_bytes(4, "little") for head in heads), *heads, *codes[1]]))
os.replace(part, made)
"""
_PATIENCE: Final = 20.0


def path() -> str:
    """Where the bundle of this Python is, or would be. `taskmon.watch.library` looks there as well."""
    return f"{_PACKAGE}/watch/__pycache__/watcher.{sys.implementation.cache_tag}"


def option() -> list[str]:
    """What a watched program is told, as one option, if it may use the bundle; none if it may not.

    It holds for this very kind of Python: of another's bundle it is not known here whether it is fresh.
    """
    return [f"bundled={sys.implementation.cache_tag}"] if is_fresh() else []


def is_fresh() -> bool:
    """Whether it is there, and made of the files that are there now. Takes half a millisecond."""
    try:
        with open(path(), "rb") as file:
            head, first, size, _ = (int.from_bytes(file.read(4), "little") for _ in range(4))
            file.seek(head + first, os.SEEK_CUR)
            files = marshal.loads(file.read(size))
        return all(_is_as_noted(name, noted) for name, noted in files.items())
    except (OSError, EOFError, ValueError, TypeError, AttributeError):  # of another format, too
        return False


def _is_as_noted(name: str, noted: Any) -> bool:
    found = os.stat(name)
    return (found.st_mtime_ns, found.st_size) == tuple(noted)


def make() -> bool:
    """Make it if it is not fresh, by the rules of an ordinary import: where one may write, and if one wants it.

    Returns whether it is fresh now. Takes half a second, once.
    """
    if is_fresh():
        return True
    folder = os.path.dirname(path())
    if sys.dont_write_bytecode or getattr(sys, "frozen", False) or not os.access(f"{_PACKAGE}/watch", os.W_OK):
        return False
    import contextlib  # only to make one: to load these costs more than to see that it is fresh
    import subprocess

    with contextlib.suppress(OSError, subprocess.SubprocessError):
        os.makedirs(folder, exist_ok=True)
        command = [sys.executable, "-I", "-c", _MAKE, _PACKAGE, path(), str(len(_FIRST)), *_FIRST, *_REST]
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE, check=True)
        return is_fresh()
    return False
