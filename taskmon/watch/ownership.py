"""The program's own code, told from that of libraries."""

from __future__ import annotations

import functools
import os
import re
import sys
from types import CodeType, FunctionType, GetSetDescriptorType, MemberDescriptorType, MethodType, ModuleType
from typing import Any, Final

from taskmon.core.base.modules import attribute_of

# What of the installed code is the program itself, because the program was started from it.
#
# That is the package of ``python -m``, and what was installed along with a command such as ``flask``: the script in
# ``bin`` only calls it. What those import from other packages stays a library's. In the agent's thread.


def is_started_file(file: str) -> bool:
    """Whether an installed file belongs to the module or the command that was started."""
    main = sys.modules.get("__main__")
    names = vars(main) if isinstance(main, ModuleType) else {}
    spec, script = names.get("__spec__"), names.get("__file__")
    if not isinstance(script, str):
        return False
    if spec is not None and spec.name:
        return file.startswith(_of_module(script, spec.parent or ""))
    found = _of_command(script)
    if found is not None:
        return file in found
    if not _are_neighbours(script, sys.executable or ""):
        return False
    return file.startswith(_of_names(main, names))  # the system's packages keep no list of their files


@functools.lru_cache(8)
def _are_neighbours(file: str, other: str) -> bool:
    return os.path.dirname(file) == os.path.dirname(other)


@functools.cache
def _of_module(file: str, package: str) -> str:
    """The folder of the topmost package, or the module's own file if it is in none."""
    if not package:
        return file
    folder = os.path.dirname(os.path.abspath(file))
    for _ in range(package.count(".")):
        if not os.path.isfile(os.path.join(os.path.dirname(folder), "__init__.py")):
            break  # what is above is shared by packages of many makers
        folder = os.path.dirname(folder)
    return os.path.join(folder, "")


@functools.cache
def _of_command(script: str) -> frozenset[str] | None:
    """The files of the distribution that brought this command; None if no list has it."""
    real = os.path.realpath(script)
    if os.path.basename(os.path.dirname(real)) not in ("bin", "Scripts"):
        return None
    wanted = {os.path.normcase(os.path.abspath(script)), os.path.normcase(real)}
    name = os.path.basename(real)
    for site in dict.fromkeys(path for path in sys.path if path):
        for record in _records(site):
            try:
                with open(record, encoding="utf-8", errors="replace") as file:
                    text = file.read()
            except OSError:
                continue
            if f"/{name}," not in text:
                continue
            files = [os.path.normpath(os.path.join(site, line.partition(",")[0])) for line in text.splitlines()]
            commands = (path for path in files if os.path.basename(path) == name)
            if any(os.path.normcase(path) in wanted or os.path.realpath(path) in wanted for path in commands):
                return frozenset(path for path in files if path.endswith(".py"))
    return None


def _records(site: str) -> list[str]:
    try:
        with os.scandir(site) as entries:
            return [os.path.join(entry.path, "RECORD") for entry in entries if entry.name.endswith(".dist-info")]
    except OSError:
        return []


def _of_names(main: ModuleType | None, names: dict[str, object]) -> tuple[str, ...]:
    """The packages of the functions that a script has imported in order to call them."""
    found = {str(look_up(value, "__module__", "")) for value in list(names.values()) if type(value) in _CALLED}
    roots = []
    for name in found:
        top = sys.modules.get(name.partition(".")[0])
        where = getattr(top, "__file__", None)
        if isinstance(where, str) and top is not main:
            roots.append(os.path.dirname(where) + os.sep if hasattr(top, "__path__") else where)
    return tuple(roots)


#: What is imported in order to be called, and tells its module without being asked.
_CALLED: Final = (FunctionType, type)
_SITES: Final = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_PACKAGE: Final = os.path.dirname(os.path.dirname(os.path.abspath(__spec__.origin or ""))) + os.sep


@functools.cache
def _libraries() -> tuple[str, ...]:
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"  # as sysconfig says, which costs the program more
    found = {os.path.dirname(os.__file__), os.path.join(sys.base_exec_prefix, sys.platlibdir, version)}
    return tuple(os.path.join(path, "") for path in found)


#: Whether a file is a library's; that the program is among them may be learnt later.
_known: Final[dict[str, bool]] = {}


def _in_library(file: str) -> bool:
    in_library = _known.get(file)
    if in_library is None:
        in_library = _known[file] = file.startswith(_libraries()) or any(site in file for site in _SITES)
    return in_library


def is_own_file(file: str) -> bool:
    """Whether the program's own code is in that file."""
    return is_started_file(file) if _in_library(file) else is_users_file(file)


def is_users_file(file: str) -> bool:
    """Whether code that was not installed is in that file: neither a library's nor that of an installed command."""
    # <string> of -c and <stdin> are the program's.
    return not _in_library(file) and not file.startswith((_PACKAGE, "<frozen ", "<taskmon "))


def is_own(code: CodeType | None) -> bool:
    """Whether it is the program's own code."""
    return code is not None and is_own_file(code.co_filename)


def is_work(code: CodeType | None) -> bool:
    """Whether it is code that the program is run for.

    That is the program's own. But an installed command that runs somebody's modules, as a server runs an application
    and a queue its jobs, is run for those: its own threads serve them.
    """
    if code is None:
        return False
    return is_users_file(code.co_filename) or (not is_host() and is_own_file(code.co_filename))


_host = False
_modules_looked_at = 0


def is_host() -> bool:
    """Whether the program is an installed command that has loaded modules of its user's, or is about to."""
    global _host, _modules_looked_at
    if _host or len(sys.modules) == _modules_looked_at:
        return _host
    modules = list(sys.modules.values())
    _modules_looked_at = len(modules)
    main = _file_of(sys.modules.get("__main__"))
    if main and _is_command(main):
        files = {_file_of(module) for module in modules} - {"", main}
        _host = _is_told_to_run() or any(is_users_file(file) for file in files)
    return _host


def _is_command(main: str) -> bool:
    """Whether what was started was installed: a module of a library, or a script beside the interpreter."""
    return (
        _in_library(main)
        or os.path.dirname(main) == os.path.dirname(sys.executable or "")
        or _of_command(main) is not None
    )


def _is_told_to_run() -> bool:
    """Whether it was given code of its user, as in ``streamlit run page.py``, ``watchmedo restart -- python a.py``.

    The page is to be no module, and the first process of ``gunicorn app:app`` may never load the application.
    """
    command, words = _command_line()
    if command in _RUNNERS:
        return True
    given = words[words.index("--") + 1 :] if "--" in words else words if not _RUNS.isdisjoint(words[:3]) else []
    if any(word.endswith(".py") and os.path.isfile(word) for word in given[:_MOST]):
        return True
    return any(_is_application(word) for word in words[:_MOST])


def _is_application(word: str) -> bool:
    """Whether it names something in a module of the working folder: ``shop.web:app``, ``app:make()``."""
    module, _, name = word.partition(":")
    parts = [*module.split("."), *name.partition("(")[0].split(".")]
    return all(part.isidentifier() for part in parts) and _is_module(module)


def _command_line() -> tuple[str, list[str]]:
    """The command and what it was given: it may have changed ``sys.argv`` to what its script is to see."""
    given = sys.orig_argv[1:]
    while given and given[0].startswith("-") and given[0] != "-m":
        given = given[2 if given[0] in ("-X", "-W", "--check-hash-based-pycs") else 1 :]
    if given[:1] == ["-m"]:
        return "".join(given[1:2]).partition(".")[0], given[2:]
    return os.path.basename("".join(given[:1])), given[1:]


def _is_module(name: str) -> bool:
    """Whether a module of that name lies in the working folder."""
    path = name.replace(".", os.sep)
    return os.path.isfile(path + ".py") or os.path.isfile(os.path.join(path, "__init__.py"))


#: Commands that run a script of their user's and have threads for that.
_RUNNERS: Final = frozenset(
    {"coverage", "cProfile", "debugpy", "kernprof", "memory_profiler", "pdb", "profile", "pyinstrument", "scalene"}
    | {"trace", "viztracer"}
)
_RUNS: Final = frozenset({"run", "serve", "dev"})
#: Of many arguments, the first.
_MOST: Final = 50


def _file_of(module: Any) -> str:
    file = _names_of(module).get("__file__") if issubclass(type(module), ModuleType) else None
    return file if type(file) is str else ""


_names_of: Final[Any] = vars(ModuleType)["__dict__"].__get__


def look_up(owner: Any, name: str, default: Any = None) -> Any:
    """As `getattr`, without a line of the program's being run for it: what it computes when it is asked is not there.

    A proxy, or what is imported only once it is used, would come to life by it, and in a thread of ours.
    """
    kind = type(owner)
    for base in _bases_of(kind):
        slot = _names_of_class(base).get(name)
        if type(slot) in _SLOTS:
            try:
                return slot.__get__(owner, kind)
            except AttributeError:  # it is empty
                continue
    for base in _bases_of(kind):
        slot = _names_of_class(base).get("__dict__")
        if type(slot) is GetSetDescriptorType:
            names = slot.__get__(owner, kind)
            if name in names:
                return names[name]
            break
    if type in _bases_of(kind):
        found = [names[name] for base in _bases_of(owner) if name in (names := _names_of_class(base))]
        return found[0] if found else default
    return look_up(owner.__func__, name, default) if kind is MethodType else default


_bases_of: Final = type.__dict__["__mro__"].__get__
_names_of_class: Final = type.__dict__["__dict__"].__get__
_SLOTS: Final = (GetSetDescriptorType, MemberDescriptorType)


def _class_name(value: Any) -> str:
    return type.__dict__["__name__"].__get__(type(value))  # type: ignore[no-any-return]


def _is_joblibs(value: Any) -> bool:
    module = _names_of_class(type(value)).get("__module__")
    return type(module) is str and module.startswith("joblib.")


def code_of(function: Any) -> CodeType | None:
    """Return the code behind a function, through whatever wraps it; None if it is not Python's."""
    for _ in range(8):
        code = look_up(function, "__code__")
        if type(code) is CodeType:
            return code
        inner = look_up(function, "__func__") or look_up(function, "__wrapped__")
        if inner is None and issubclass(type(function), functools.partial):
            inner = look_up(function, "func")
        if inner is None and not issubclass(type(function), type):
            inner = _names_of_class(type(function)).get("__call__")
        if inner is None or inner is function:
            return None
        function = inner
    return None


def call_of(item: Any) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
    """Return the function and the arguments of a work item."""
    names = vars(item)
    if "task" in names:  # since Python 3.14
        return names["task"]  # type: ignore[no-any-return]
    return names["fn"], tuple(names["args"]), names["kwargs"]


def unwrap(
    function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], *, in_context: bool = False
) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
    """Return the call that was meant: out of `functools.partial`, and of what asyncio and joblib make of a call.

    `in_context`: along with the context it runs in, if it was given one, as `asyncio.to_thread` does.
    """
    for _ in range(8):
        if issubclass(type(function), functools.partial):
            args, kwargs = (*_given_by(function, "args"), *args), {**_given_by(function, "keywords"), **kwargs}
            function = look_up(function, "func")
        elif look_up(function, "__name__", "") == "run" and _class_name(look_up(function, "__self__")) == "Context":
            if in_context:
                break
            function, args = args[0], args[1:]
        elif _is_joblibs(function) and look_up(function, "items"):
            function, args, kwargs = look_up(function, "items")[0]
        elif _is_joblibs(function) and callable(look_up(function, "func")):
            function = look_up(function, "func")
        elif look_up(function, "__name__", "") in ("mapstar", "starmapstar") and len(args) == 1 and len(args[0]) > 1:
            function, args = args[0][0], tuple(args[0][1])[:1]
        elif look_up(function, "__name__", "") == "_process_chunk" and len(args) == 2 and _is_chunk(args[1]):
            function, args, kwargs = args[0], args[1][0], {}
        else:
            break
    return function, args, kwargs


def _given_by(partial: Any, name: str) -> Any:
    """What a `functools.partial` gives to its function: by its own slots, whatever a class made of it has there."""
    return functools.partial.__dict__[name].__get__(partial)


def _is_chunk(chunk: Any) -> bool:
    """Whether it is what the ``map`` of a pool of processes makes of the arguments of several calls."""
    return type(chunk) is tuple and bool(chunk) and type(chunk[0]) is tuple


def name_of_calls(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """What is called that is given to a process in one go: ``square(17)``, ``square(17) and 9 more``."""
    more = _size_of(function, args) - 1
    name = call_name(*unwrap(function, args, kwargs))
    return f"{name} and {more} more" if more > 0 else name


def _size_of(function: Any, args: tuple[Any, ...]) -> int:
    """How many calls it is in truth."""
    for _ in range(8):
        if _is_joblibs(function):
            items = look_up(function, "items")
            if type(items) is list:
                return len(items)
            function = look_up(function, "func")
        elif issubclass(type(function), functools.partial):
            function, args = look_up(function, "func"), (*_given_by(function, "args"), *args)
        else:
            break
    if look_up(function, "__name__", "") == "_process_chunk" and len(args) == 2 and _is_chunk(args[1]):
        return len(args[1])
    return 1


def name_of(function: Any) -> str:
    """What a call is called."""
    name = look_up(function, "__qualname__") or look_up(function, "__name__")
    if type(name) is str:
        return name.replace("<locals>.", "").replace("<lambda>", "lambda")
    return _class_name(function)


def users_class_name(value: Any) -> str:
    """Return the name of an object's class, if that is of a module that was not installed; else an empty text."""
    module = _names_of_class(type(value)).get("__module__")
    file = _file_of(sys.modules.get(module)) if type(module) is str else ""
    return _class_name(value) if file and is_users_file(file) else ""


def call_name(function: Any, args: Any, kwargs: Any) -> str:
    """What one call of many is called: ``fetch('…/a.zip')``, ``job(17)``."""
    return with_arguments(name_of(function), args, kwargs, _parameters(function) if args else ())


def with_arguments(name: str, args: Any, kwargs: Any, parameters: tuple[str, ...]) -> str:
    """Return the name of a call with what it was given, if that is to be told; `parameters` are what `args` are called.

    Only plain numbers, texts and paths are told, by their exact types: showing anything else would run code of the
    program's, and what a container holds is its own business. Each is cut before it is shown, and what is called a
    secret is none of ours: names are kept, in the history too.
    """
    words: list[str] = []
    if not tell_arguments:
        return name
    if type(args) is tuple:
        for number, value in enumerate(args[:_SHOWN_ARGUMENTS]):
            if word := _plain_value(value):
                words.append("…" if _SECRET.search(parameters[number] if number < len(parameters) else "") else word)
    if type(kwargs) is dict:
        for key, value in list(kwargs.items())[:_SHOWN_ARGUMENTS]:
            if type(key) is str and (word := _plain_value(value)):
                words.append(f"{key[:_LONGEST_VALUE]}={'…' if _SECRET.search(key) else word}")
    if all(word == "None" for word in words):  # beside what is not told, that would look as if it were all
        return name
    told = ", ".join(words)
    while len(told) > _LONGEST_CALL:  # half an argument would be taken for another
        words.pop()
        told = ", ".join([*words, "…"])
    return f"{name}({told})"


#: Found in the names of parameters that are nobody's business.
_SECRET: Final = re.compile(
    r"(?i)pass(word|wd|phrase|code)?(?![a-z])|pwd|secret|token|credential|cookie|auth(?!or(?!i))|(?<![a-z])key(?![a-z])"
    r"|apikey|(?<![a-z])pin(?![a-z])"
)


def _parameters(function: Any) -> tuple[str, ...]:
    """Return the names of the parameters that a call's positional arguments are for, as far as they can be known."""
    has_self = type(function) is not FunctionType  # that of a bound method, a class or a callable object is not given
    if issubclass(type(function), type):
        function = look_up(function, "__init__")
    for _ in range(8):
        inner = look_up(function, "__wrapped__")
        if inner is None:
            break
        function = inner
    code = code_of(function)
    return code.co_varnames[has_self : code.co_argcount] if code is not None else ()


#: Whether arguments are told: they may be nobody's business. Set once, at the start.
tell_arguments = True
#: Of a call's arguments: how many are looked at, and the longest of one and of all, in characters.
_SHOWN_ARGUMENTS = 4
_LONGEST_VALUE = 24
_LONGEST_CALL = 40
_PATH: Final = "PosixPath" if os.name == "posix" else "WindowsPath"


def _plain_value(value: Any) -> str:
    kind = type(value)
    if kind is bool or value is None:
        return repr(value)
    if kind is int:
        return repr(value) if -(10**15) < value < 10**15 else ""
    if kind is float:
        return f"{value:.6g}"
    if kind is attribute_of("pathlib", _PATH):  # the library's own, which runs nothing else
        value, kind = str(value), str
    if kind is str:
        return repr(value if len(value) <= _LONGEST_VALUE else f"…{_end_of(value)}")
    return ""


def _end_of(value: str) -> str:
    """Return the end of a text, which tells paths and addresses apart; of these, whole names."""
    shortest = len(value) + 1 - _LONGEST_VALUE
    for at in range(shortest, len(value) - 1):
        if [character in "/\\" for character in value[at - 1 : at + 2]] == [False, True, False]:  # none of ``https://``
            return value[at:]
    return value[shortest:]
