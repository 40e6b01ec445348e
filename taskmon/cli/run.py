"""``taskmon run``: what was asked for, and becoming that program.

On POSIX this process *becomes* the interpreter: its number, its terminal, its signals and its exit status are the
program's, with nothing in between that could forward them wrongly.
"""

from __future__ import annotations

import os
import sys

from taskmon.link.wire.meeting import address, somebody_listens
from taskmon.watch import bundle

TYPE_CHECKING = False  # the program waits for all that is imported here
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, Final, NoReturn

    from taskmon.core.base.errors import TaskmonError

ENTRY: Final = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "watch", "entry")

HELP: Final = """usage: taskmon run [OPTIONS] SCRIPT [ARGUMENTS…]
       taskmon run [OPTIONS] -m MODULE [ARGUMENTS…]
       taskmon run [OPTIONS] -c CODE [ARGUMENTS…]
       taskmon run [OPTIONS] [--] COMMAND [ARGUMENTS…]

Run a Python program as it is and watch its threads, pools, progress bars and output. It needs no change, and its
environment needs no taskmon. Whatever has a way to stop gets a Cancel.

A command that was written in Python, such as gunicorn, is watched in the same way, with the Python that it names. Of
any other, such as rsync or ffmpeg, the output is the log, progress is read from what it prints, and Cancel is Ctrl-C.

options:
  --python INTERPRETER  the Python to run it with, 3.11 or newer; by default that of the active virtual
                        environment, or the one that runs taskmon
  --no-window           do not open the window if it is not open
  --library-threads     list the threads of libraries as well
  --no-arguments        name the calls in pools without their arguments
  --no-children         leave the Python processes that it starts alone; otherwise they are watched as well
  -h, --help            show this help and exit
  -b -B -d -O -OO -P -q -R -s -u -v -x -W ARG -X OPTION
  --check-hash-based-pycs MODE
                        handed to the interpreter; -E, -I, -S and -i are refused, for they would keep the watcher out

The exit status is the program's own.
"""

#: Of the interpreter, and harmless to the watcher; -E, -I and -S would keep it out.
_FLAGS: Final = frozenset("bBdOPqRsuvx")
_FLAGS_WITH_VALUE: Final = frozenset("WX")
_PYCS: Final = "--check-hash-based-pycs"
_KEEP_OUT: Final = {
    "E": "Python would ignore the environment, through which a program is watched",
    "I": "Python would ignore the environment, through which a program is watched",
    "S": "Python would not load its site module, through which a program is watched",
    "i": "there is nothing to watch in an interactive session",
}


class RunRequest:
    """A program to be run, and how. Two of the same contents are equal.

    Args:
        arguments: the command line after the interpreter, its own flags included.
        name: what its user would call the program.
        python: the interpreter asked for; empty for the default.
        window: whether to open the window.
        library_threads: whether the threads of libraries are listed.
        tells_arguments: whether calls are named with their arguments.
        children: whether the Python processes that it starts are watched as well.
        command: what is executed, if it is no interpreter; `arguments` are its whole command line then.
        watched: whether that leads to a Python that can be watched.
    """

    def __init__(
        self,
        arguments: tuple[str, ...],
        name: str,
        python: str = "",
        *,
        window: bool = True,
        library_threads: bool = False,
        tells_arguments: bool = True,
        children: bool = True,
        command: str = "",
        watched: bool = False,
    ) -> None:
        self.arguments, self.name, self.python = arguments, name, python
        self.window, self.library_threads, self.tells_arguments = window, library_threads, tells_arguments
        self.children, self.command, self.watched = children, command, watched

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RunRequest) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]


#: What options without a value change.
_SWITCHES: Final[Mapping[str, Mapping[str, Any]]] = {
    "--no-window": {"window": False},
    "--library-threads": {"library_threads": True},
    "--no-arguments": {"tells_arguments": False},
    "--no-children": {"children": False},
}


#: The exit statuses of shells.
_NOT_EXECUTABLE, _NOT_FOUND = 126, 127


def parse(words: Sequence[str]) -> RunRequest | None:
    """Read what follows ``taskmon run``; None if help was asked for.

    Raises:
        TaskmonError: the command makes no sense.
    """
    flags: list[str] = []
    options: dict[str, Any] = {}
    rest, explicit = list(words), False
    while rest:
        word = rest.pop(0)
        if word in ("-h", "--help"):
            return None
        if word in _SWITCHES:
            options |= _SWITCHES[word]
        elif word == "--python" or word.startswith("--python="):
            options["python"] = word.partition("=")[2] or _value(word, rest)
        elif word == "--":
            explicit = True
            break
        elif word == _PYCS:
            flags += [word, _value(word, rest)]
        elif word.startswith("--"):
            raise _no_option(word)
        elif word.startswith("-") and word != "-":
            before, way, value = _flags(word, rest)
            flags += before
            if way:
                return RunRequest((*flags, way, value, *rest), value if way == "-m" else way, **options)
        else:
            rest.insert(0, word)
            break
    if not rest:
        raise _refusal("which program? Try “taskmon run SCRIPT” or “taskmon run --help”.")
    found = _as_command(rest, options, explicit=explicit) if not flags and not options.get("python") else None
    return found or RunRequest((*flags, *rest), os.path.basename(rest[0].rstrip(os.sep)) or rest[0], **options)


def _refusal(words: str, *shown: str, status: int = 2) -> TaskmonError:
    """What to raise, in these words, with what the user gave put in safely."""
    from taskmon.core.base.errors import TaskmonError
    from taskmon.core.base.text import plain

    error = TaskmonError("Cannot run", words.format(*map(plain, shown)))
    error.exit_status = status
    return error


def _no_option(word: str) -> TaskmonError:
    return _refusal("“run” has no option {}. Try “taskmon run --help”.", word)


def _as_command(words: list[str], options: Mapping[str, Any], *, explicit: bool) -> RunRequest | None:
    """What is run if the first word is no Python file: a command, which may be one that was written in Python.

    One that stands behind ``--``, if it is there at all and called as Python's are, is a Python file all the same.
    """
    first = words[0]
    called_so = first.endswith((".py", ".pyw", ".pyz")) or os.path.isdir(first)
    is_there = os.path.exists(os.path.join(first, "__main__.py") if os.path.isdir(first) else first)
    if (called_so and is_there) if explicit else (called_so or _is_python_file(first)):
        return None
    from taskmon.watch.recognise import as_one_process, recognise

    path = which(first)
    if path is None:
        if not explicit and (first == "-" or os.path.exists(first)):
            return None  # what is typed in, or a file of which Python will say what it thinks
        raise _no_command(first)
    found = recognise(path, words, os.environ)
    if found is None:
        return RunRequest(tuple(words), _name_of(words), command=path, **options)
    if os.path.realpath(path) == os.path.realpath(found.interpreter):
        return RunRequest(tuple(words[1:]), found.name, **{**options, "python": path})
    return RunRequest(tuple(as_one_process(words)), found.name, command=path, watched=True, **options)


def _no_command(name: str) -> TaskmonError:
    """Why a name cannot be executed, with the status that a shell has for that."""
    if not name:
        return _refusal("the name of the command is empty.", status=_NOT_FOUND)
    if os.path.dirname(name) and os.path.exists(name):
        what = "{} is a folder, and no command." if os.path.isdir(name) else "{} cannot be executed."
        return _refusal(what, name, status=_NOT_EXECUTABLE)
    return _refusal("there is no command {}.", name, status=_NOT_FOUND)


def _is_python_file(path: str) -> bool:
    """Whether a file that lies here is for Python to read, as whoever names it without more ado expects.

    One that can be executed and says by what is run by that, as it would be alone.
    """
    try:
        with open(path, "rb") as file:
            first = file.read(4)
    except OSError:
        return False
    return not first.startswith(b"\x7fELF") and not (first.startswith(b"#!") and os.access(path, os.X_OK))


def _name_of(words: Sequence[str]) -> str:
    """What a user would call a command."""
    from taskmon.core.base.text import plain

    name = os.path.basename(words[0]) or words[0]
    return plain(words[2], 60) if name in ("sh", "bash", "zsh", "dash") and words[1:2] == ["-c"] and words[2:] else name


def _flags(word: str, rest: list[str]) -> tuple[list[str], str, str]:
    """Check a word of short options for the interpreter; return it, with the value it takes.

    If it ends in ``-m`` or ``-c``, those and their value, which are the last of them, stand apart.
    """
    for place, letter in enumerate(word[1:], 1):
        attached = word[place + 1 :]
        if letter in "mc":
            return [word[:place]] if place > 1 else [], f"-{letter}", attached or _value(f"-{letter}", rest)
        if letter in _FLAGS_WITH_VALUE:
            return [word] if attached else [word, _value(word, rest)], "", ""
        if letter in _KEEP_OUT:
            raise _refusal("a program cannot be watched with -{}: " + _KEEP_OUT[letter] + ".", letter)
        if letter not in _FLAGS:
            raise _no_option(word)
    return [word], "", ""


def _value(option: str, rest: list[str]) -> str:
    if not rest:
        raise _refusal("{} needs a value. Try “taskmon run --help”.", option)
    return rest.pop(0)


def find_python(asked: str = "") -> str:
    """Return the path of the interpreter to use.

    Raises:
        TaskmonError: there is none, or not where it was said to be.
    """
    environment = os.environ.get("VIRTUAL_ENV")
    if not (asked or environment or getattr(sys, "frozen", False)) and sys.executable:
        return sys.executable
    if asked:
        found = which(os.path.expanduser(asked))
        if found is None:
            raise _refusal("there is no interpreter {}, or it cannot be executed.", asked)
        return found
    if environment:
        folder = "Scripts" if os.name == "nt" else "bin"
        found = which("python", path=os.path.join(environment, folder))
        if found is not None:
            return found
    if not getattr(sys, "frozen", False) and sys.executable:
        return sys.executable
    found = which("python3") or which("python")
    if found is None:
        raise _refusal("no Python was found; name one with --python.")
    return found


def which(name: str, path: str | None = None) -> str | None:
    """As `shutil.which`. To load that takes two thirds as long as Python's whole start, before each program."""
    if sys.platform == "win32":
        import shutil

        return shutil.which(name, path=path)
    if os.path.dirname(name):
        folders = [""]
    else:
        path = os.environ.get("PATH", os.defpath) if path is None else path
        folders = path.split(os.pathsep) if path else []
    found = (os.path.join(folder, name) for folder in folders)
    usable = (file for file in found if os.path.exists(file) and os.access(file, os.X_OK) and not os.path.isdir(file))
    return next(usable, None)


def environment_for(
    request: RunRequest, environment: Mapping[str, str], run: str = "", *, coming: bool = False
) -> dict[str, str]:
    """Return `environment` with what makes Python watch the program; the entry takes it out again.

    Args:
        run: what the window knows this run by, if it was told of it.
        coming: whether a window has just been started.
    """
    changed = dict(environment)
    before = changed.get("PYTHONPATH")
    options = ["name=" + request.name.replace("\n", " ")]
    if not request.tells_arguments:
        options.append("no arguments")
    if not request.children:
        options.append("no children")
    if request.library_threads:
        options.append("library")
    if request.window or somebody_listens(address()):
        options.append("window")  # somebody may look, so that what is printed is worth keeping
    options += [f"run={run}"] if run else []
    options += ["coming"] if coming else []
    options += bundle.option()
    if "TASKMON_WATCH_DEBUG" in environment:
        options += ["debug", environment["TASKMON_WATCH_DEBUG"]]
    changed["_TASKMON_OPTIONS"] = "\n".join(options)
    if before is not None:
        changed["_TASKMON_PYTHONPATH"] = before
    if getattr(sys, "frozen", False):  # the bundle's own libraries are not for another interpreter
        for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"):
            changed.pop(name, None)
            if name + "_ORIG" in changed:
                changed[name] = changed.pop(name + "_ORIG")
    changed["PYTHONPATH"] = os.pathsep.join([ENTRY, before] if before else [ENTRY])
    return changed


def become(request: RunRequest, run: str = "", *, coming: bool = False) -> NoReturn:
    """Run the program in place of this process; on Windows, which has no such thing, in a child.

    What `run` and `coming` are, `environment_for` tells.

    Raises:
        TaskmonError: the interpreter could not be started.
    """
    if request.command and not request.watched and sys.platform != "win32":
        from taskmon.cli.command import run_command

        raise SystemExit(run_command(request.command, request.arguments, request.name, run, coming=coming))
    python = request.command or find_python(request.python)
    bundle.make()
    environment = environment_for(request, os.environ, run, coming=coming)
    command = list(request.arguments) if request.command else [python, *request.arguments]
    try:
        if sys.platform == "win32":
            import subprocess

            raise SystemExit(subprocess.call(command, env=environment))
        os.execve(python, command, environment)
    except (OSError, ValueError) as error:  # ValueError: a NUL among the words
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise _refusal("{} could not be started: {}.", python, str(reason)) from error
