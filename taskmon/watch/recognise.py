"""Whether a command line runs a Python that can be watched, and what its user would call that program.

It is looked at before it is run, by its words and by the files that they name; nothing is tried. In doubt it is none:
what is told to a process that is no Python of that kind would be seen in its environment. Loaded within programs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

#: The first version that can be watched.
OLDEST: Final = (3, 11)
#: Options of the interpreter that keep the watcher out, and those after which words follow that are not the program's.
KEEP_OUT: Final = frozenset("EISiVh?")
_TAKES_VALUE: Final = frozenset("WX")
_SHELLS: Final = frozenset({"sh", "bash", "dash"})
#: What a shell does more than split into words.
_NOT_PLAIN: Final = frozenset(";&|<>()$`*?[]{}~#!\n\\")
#: A command in a command in a command: no program is started like that.
_DEEPEST: Final = 3


class PythonCommand(NamedTuple):
    """A command line that runs a Python."""

    interpreter: str
    name: str
    """What its user would call the program: the script's name, the module's, or ``-c``."""
    code: str = ""
    """The code itself, if it is given on the command line."""


def recognise(path: str, words: Sequence[str], environment: Mapping[str, str], depth: int = 0) -> PythonCommand | None:
    """Return what the executable `path`, run with `words`, is as a Python; None if it is none that can be watched.

    Args:
        path: what is executed, as a path.
        words: the command line, with its own name first.
        environment: where a shell would find what it runs.
    """
    if not words or depth > _DEEPEST:
        return None
    if _is_called_python(os.path.basename(path)) or _is_this(path):
        return _of_interpreter(path, words[1:]) if _is_recent(path) else None
    kind = os.path.basename(path)
    if kind == "env":
        return _of_words(_after_assignments(words[1:]), environment, depth)
    if kind in _SHELLS:
        return _of_shell(words, environment, depth)
    return _of_script(path, words, environment, depth)


def as_one_process(words: Sequence[str]) -> Sequence[str]:
    """Have a shell become the plain command that it is to run, as many shells do of themselves; others stay and wait.

    Of a command line that `recognise` knows.
    """
    if os.path.basename(words[0]) not in _SHELLS or words[1:2] != ["-c"]:
        return words
    first = words[2].split(None, 1)[0]
    if first == "exec" or "=" in first:  # assignments come before an exec, and where they end takes a shell to say
        return words
    return [*words[:2], "exec " + words[2], *words[3:]]


def find(command: str, environment: Mapping[str, str]) -> str | None:
    """Return the path of a command, as a shell finds it; None if there is none."""
    if os.path.dirname(command):
        return command if os.access(command, os.X_OK) and os.path.isfile(command) else None
    for folder in environment.get("PATH", os.defpath).split(os.pathsep):
        path = os.path.join(folder, command)
        if os.access(path, os.X_OK) and os.path.isfile(path):
            return path
    return None


def _of_words(words: Sequence[str], environment: Mapping[str, str], depth: int) -> PythonCommand | None:
    path = find(words[0], environment) if words else None
    return recognise(path, words, environment, depth + 1) if path is not None else None


def _after_assignments(words: Sequence[str]) -> Sequence[str]:
    """What is run behind ``NAME=value``, unless that changes where a Python or its modules are found."""
    for place, word in enumerate(words):
        if not word.partition("=")[0].isidentifier() or "=" not in word:
            return () if word.startswith("-") else words[place:]
        if word.startswith(("PATH=", "PYTHON")):
            return ()
    return ()


def _of_shell(words: Sequence[str], environment: Mapping[str, str], depth: int) -> PythonCommand | None:
    if len(words) < 3 or words[1] != "-c" or _NOT_PLAIN.intersection(words[2]):
        return None
    try:
        inner = _split(words[2])
    except ValueError:
        return None
    return _of_words(_after_assignments(inner[1:] if inner[:1] == ["exec"] else inner), environment, depth)


def _of_script(path: str, words: Sequence[str], environment: Mapping[str, str], depth: int) -> PythonCommand | None:
    try:
        with open(path, "rb") as file:
            first = file.readline(512)
    except OSError:
        return None
    if not first.startswith(b"#!"):
        return None
    interpreter, _, argument = os.fsdecode(first[2:]).strip().partition(" ")
    inner = [interpreter, *([argument.strip()] if argument.strip() else []), path, *words[1:]]
    if os.path.basename(interpreter) in _SHELLS:
        return None
    return recognise(interpreter, inner, environment, depth + 1)


def _of_interpreter(path: str, words: Sequence[str]) -> PythonCommand | None:
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "-" or word.startswith("--"):
            return None
        if not word.startswith("-"):
            return PythonCommand(path, os.path.basename(word) or word)
        for place, letter in enumerate(word[1:], 1):
            if letter in KEEP_OUT:
                return None
            if letter in "cm":
                value = word[place + 1 :] or (rest.pop(0) if rest else "")
                return PythonCommand(path, value if letter == "m" else "-c", value if letter == "c" else "")
            if letter in _TAKES_VALUE:
                if not word[place + 1 :]:
                    del rest[:1]
                break
    return None


def _split(command: str) -> list[str]:
    """Return the words of a plain command. Raises ValueError if a quotation mark is missing its partner."""
    if "'" not in command and '"' not in command:
        return command.split()
    import shlex  # it costs more than all the rest

    return shlex.split(command)


def _is_called_python(name: str) -> bool:
    version = name.removeprefix("python")
    return (version != name and version.replace(".", "", 1).isdecimal()) or name == "python"


def _is_this(path: str) -> bool:
    return bool(sys.executable) and os.path.realpath(path) == os.path.realpath(sys.executable)


def _is_recent(path: str) -> bool:
    """Whether an interpreter is new enough, by what its file is called. One that does not tell is taken for old."""
    if _is_this(path):
        return sys.version_info >= OLDEST
    name = os.path.basename(os.path.realpath(path))
    major, _, minor = name.removeprefix("python").partition(".")
    return major == "3" and minor.isdecimal() and int(minor) >= OLDEST[1] and os.access(path, os.X_OK)
