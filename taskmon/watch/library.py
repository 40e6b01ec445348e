"""The modules that taskmon runs on within somebody else's program: its own, and copies of its own of Python's.

Nothing here enters the program's ``sys.modules``, and nothing is taken from there that the program may have replaced.
A program may patch ``time`` and ``select`` (gevent, eventlet, a test's clock), and may have a ``struct.py`` or a
``queue.py`` of its own beside it, which is to be executed when the program imports it, and then instead of Python's.
So what modules of ours import is looked for in Python's own folders, executed once more, and kept in a dictionary of
their own. What is written in C is the same for all, and taken as it was before the program began.

What is *about* the program sees the program's: to modules in `taskmon.watch`, ``threading`` and a few others are what
the program has under that name by then.

Code of ours bears a file name in angle brackets, as frozen modules do: what measures, traces or prints the program's
code leaves such files out.
"""


# Before the program begins there is no time for what annotations need.
# mypy: ignore-errors

import _imp
import builtins
import sys
from _frozen_importlib import BuiltinImporter, ModuleSpec
from _frozen_importlib_external import (
    EXTENSION_SUFFIXES,
    MAGIC_NUMBER,
    ExtensionFileLoader,
    SourceFileLoader,
)
from _io import BytesIO as _BytesIO
from _io import TextIOWrapper as _TextIOWrapper
from _io import open as _open
from _thread import allocate_lock, get_ident
from marshal import dumps as _dumps
from marshal import loads as _loads
from posix import O_CLOEXEC, O_NONBLOCK, O_RDONLY
from posix import close as _close
from posix import fstat as _fstat
from posix import get_blocking as _is_blocking
from posix import get_inheritable as _is_inheritable
from posix import open as _open_number
from posix import pread as _pread
from posix import read as _read
from posix import stat as _stat

#: Also for the functions of this module: what the program takes out of its builtins is not missed here.
__builtins__ = {**vars(builtins)}
#: Which Python this is, for what it has compiled.
PYTHON = (sys.version, sys._stdlib_dir)
_NAME = "taskmon"
#: Not to wait means nothing to a file; but hardly one of the program's is open in that way.
_READ_ONLY = O_RDONLY | O_CLOEXEC | O_NONBLOCK
_EBADF = 9
#: In what Python has compiled: a hash of the source follows, which is not to be compared.
_UNCHECKED = (1).to_bytes(4, "little")
_ENDINGS = ("/__init__.py", *EXTENSION_SUFFIXES, ".py")
_Module = type(sys)
_Function = type(lambda: None)
#: Loaded by the interpreter itself before anything else, and plain enough to be shared: copies of what they hold.
_PLAIN = frozenset({
    "_collections_abc", "_frozen_importlib", "_frozen_importlib_external", "abc", "codecs", "encodings", "io", "stat",
})  # fmt: skip
#: Of these, modules in `taskmon.watch` see what the program has: some in C have other classes each time they are made.
_OF_THE_PROGRAM = frozenset({"_collections", "enum", "functools", "queue", "threading", "warnings"})
#: In C, but the program may have patched it, and it can be made anew.
_MADE_ANEW = frozenset({"select"})
#: In C, most of them in files of their own, and needed as soon as there is a window.
_EARLY = ("_contextvars", "_heapq", "_json", "_opcode", "_queue", "_socket", "_struct", "fcntl", "math", "select")
#: What most modules need of others, and where that costs next to nothing.
_LEAN = {
    "collections": ("_collections", frozenset({"deque"})),
    "weakref": ("_weakref", frozenset({"ref"})),
}
_AT_HAND = {"sys": sys, "builtins": builtins}
#: What modules of ours take out of `sys` while they are loaded is as it was before the program began.
_OF_SYS = _Module("sys")
_OF_SYS.__dict__.update(
    {name: found for name, found in vars(sys).items() if type(found) is type(len)},
    __getattr__=lambda name: getattr(sys, name),
)
#: As ``from __future__`` has it: the compiler has seen to it.
_FUTURE = type("", (), {"annotations": None})
#: What no module of ours uses while it is loaded, and what takes as long as five of them.
_LATE = frozenset({"os"})


class Library:
    """Where ``import`` of modules of ours looks. Any thread.

    Args:
        folder: the folder of the package.
        bundled: whether what is to be loaded is in one file; see `taskmon.watch.bundle`.
        noted: where to note what goes into that file.
    """

    def __init__(self, folder, *, bundled=False, noted=None):
        self._folder = folder
        self._noted = noted
        self._close = None
        self._bundle = _Bundle(folder, self.close_at_once) if bundled else None
        self.entry = folder + "/watch/entry"
        self._modules = {}
        self._lock = _Lock()
        # A copy: what the program does to its builtins does not reach us, nor the other way round.
        own = {"open": self.open_safely, "exec": _exec, "eval": _eval}
        self._builtins = {**vars(builtins), **own, "__import__": self._import}
        self._originals = {
            name: dict(vars(module))
            for name, module in list(sys.modules.items())
            if isinstance(module, _Module) and (name in _PLAIN or _is_as_made(module))
        }
        self._originals.pop("builtins", None)
        self._originals.pop("sys", None)
        standard = sys._stdlib_dir
        version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        self._standard = standard + "/"
        self._folders = [standard, f"{standard}/lib-dynload"]
        self._folders.append(f"{sys.base_exec_prefix}/{getattr(sys, 'platlibdir', 'lib')}/{version}/lib-dynload")
        # To Python's own modules, ours are the modules that there are.
        # A copy would hold the streams, which are flushed at the end when nobody does.
        self._sys = _Module("sys")
        self._sys.__dict__.update(modules=self._modules, warnoptions=[], __getattr__=lambda name: getattr(sys, name))
        self._modules["sys"] = self._sys
        self._copy("builtins", {**vars(builtins), **own})
        self._typing = _typing(self.load)
        self._views = {name: _View(self, name) for name in _OF_THE_PROGRAM}

    def load(self, name):
        """Return the module called `name`, loaded if need be. Raises ImportError."""
        module = self._modules.get(name)
        if module is not None and name not in self._lock.loading:
            return module
        with self._lock:
            return self._modules[name] if name in self._modules else self._read(name)

    def loaded(self, name):
        """Return the module called `name` if it has been loaded; None if not."""
        return None if name in self._lock.loading else self._modules.get(name)

    def get_ready(self):
        """Read what is needed once somebody looks, before the program begins: see `_EARLY` and `_Bundle`.

        Beside many threads it would take long by then. And while a file of those in C is open, C trusts its number,
        which the program may close.
        """
        for name in _EARLY:
            self.load(name)
        if self._bundle is not None:
            self._bundle.read_all()

    def begin_anew_after_fork(self):
        """In a forked child: another thread of the parent may have been loading something."""
        for name in self._lock.loading:
            self._modules.pop(name, None)
        self._lock = _Lock()
        if self._bundle is not None:
            self._bundle.begin_anew_after_fork()

    # -- descriptors, which the program may close and be given for files of its own ------------------------------

    def open_safely(  # noqa: PLR0917 -- as the function that it stands for
        self, file, mode="r", buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None
    ):
        """As `open`; but what is only read from a file is read at once, and without trusting the number it has."""
        if type(file) is not str or mode not in ("r", "rb", "rt") or not closefd or opener is not None:
            return _open(file, mode, buffering, encoding, errors, newline, closefd, opener)
        data = _BytesIO(_read_safely(file, self.close_at_once))
        return data if mode == "rb" else _TextIOWrapper(data, encoding, errors, newline)

    def close_at_once(self, number):
        """As ``os.close``, but without letting go of the interpreter before, where that can be had.

        Whoever waits for it in that moment may be a thread that closes all numbers and opens files of its own, and by
        our next turn the number is one of those: that happened once in some thousand times. Raises nothing.

        It can be had where the program itself has loaded ctypes. To load it for this alone would do harm: libffi keeps
        its own file open from then on, and reads it under that number long after the program has given it away.
        """
        ctypes = sys.modules.get("_ctypes") if self._close is None else None
        if ctypes is not None and _is_in_c(ctypes):
            self._close = self._closing_in_c(ctypes)
        try:
            (self._close or _close)(number)
        except OSError:
            return

    @staticmethod
    def _closing_in_c(ctypes):
        try:

            class Int(ctypes._SimpleCData):
                _type_ = "i"

            class Call(ctypes.CFuncPtr):
                _flags_ = ctypes.FUNCFLAG_CDECL | ctypes.FUNCFLAG_PYTHONAPI  # which keeps hold of the interpreter
                _restype_ = Int
                _argtypes_ = (Int,)

            return Call(ctypes.dlsym(ctypes.dlopen(None, 0), "close"))
        except Exception:  # it is not loaded whole yet, or the program forbids it
            return _close

    # -- finding ----------------------------------------------------------------------------------------------

    def _read(self, name):
        parent, _, own = name.rpartition(".")
        if parent and name not in self._originals:
            self.load(parent)
            if name in self._modules:  # made by its package, as `os.path` is
                return self._modules[name]
        self._lock.loading.add(name)
        try:
            module = self._make(name, parent)
        finally:
            self._lock.loading.discard(name)
        if parent and parent in self._modules:
            setattr(self._modules[parent], own, module)
        return module

    def _make(self, name, parent):
        if name == _NAME or name.startswith(_NAME + "."):
            return self._make_own(name)
        if name == "threading":
            module = self._modules[name] = self.load("taskmon.watch.own_threading")
            return module
        if name in self._originals:
            return self._copy(name, self._originals[name])
        if name == "collections.abc":
            return self._copy(name, vars(self.load("_collections_abc")))
        if name in sys.builtin_module_names:
            return self._make_in_c(name, ModuleSpec(name, BuiltinImporter, origin="built-in"))
        if self._bundle is not None and self._bundle.has(name):
            return self._execute_bundled(name)
        places = self._modules[parent].__path__ if parent else self._folders
        own = name.rpartition(".")[2]
        for place in places:
            for ending in _ENDINGS:
                file = f"{place}/{own}{ending}"
                if not _is_file(file):
                    continue
                if not file.endswith(".py"):
                    return self._make_in_c(name, ModuleSpec(name, ExtensionFileLoader(name, file), origin=file))
                inner = [f"{place}/{own}"] if ending == "/__init__.py" else None
                loader = _Loader(name, file, self.close_at_once)
                return self._execute(loader, inner, loader.get_code(name))
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    def _copy(self, name, names):
        module = self._modules[name] = _Module(name)
        module.__dict__.update(names)
        if name == "_thread":
            # See own_threading: there must be no lock of that kind.
            module.RLock = self.load("taskmon.watch.own_threading").RLock
        elif name == "posix":
            module.close = self.close_at_once
        elif name == "abc":
            module.update_abstractmethods = lambda cls: cls  # it would call what the program has among its builtins
        return module

    def _make_in_c(self, name, spec):
        found = sys.modules.get(name)
        if found is not None and name not in _MADE_ANEW and _is_as_made(found):
            return self._copy(name, dict(vars(found)))
        try:
            # Not by `module_from_spec`, nor anything else of Python's own that is written in Python, while it can be
            # had in C: that would call what the program has put in the place of its builtins.
            module = spec.loader.create_module(spec)
            module.__dict__.update(__loader__=spec.loader, __package__=spec.parent, __spec__=spec)
            spec.loader.exec_module(module)
        finally:  # some enter themselves
            if found is not None:
                sys.modules[name] = found
            else:
                sys.modules.pop(name, None)
        self._modules[name] = module
        return module

    def _make_own(self, name):
        if self._bundle is not None and self._bundle.has(name):
            return self._execute_bundled(name)
        path = "/".join([self._folder, *name.split(".")[1:]])
        places = None
        loader = _Loader(name, path + ".py", self.close_at_once)
        try:
            code = loader.get_code(name)
        except OSError:
            places = [path]
            loader = _Loader(name, path + "/__init__.py", self.close_at_once)
            try:
                code = loader.get_code(name)
            except OSError:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name) from None
        label = f"<taskmon {name[len(_NAME) + 1 :] or name}>"  # no slash in it, at which profilers would cut it
        _imp._fix_co_filename(code, label)
        return self._execute(loader, places, code, label)

    def _execute_bundled(self, name):
        path, places, label, code = self._bundle.take(name)
        return self._execute(_Loader(name, path, self.close_at_once), places, _loads(code), label)

    def _execute(self, loader, places, code, label=None):
        name, path = loader.name, loader.path
        if self._noted is not None:
            self._noted[name] = (path, places, label, _dumps(code))
        module = self._modules[name] = _Module(name)
        # As `module_from_spec` does, but for what that looks up and nobody asks for: a tenth of the whole start.
        spec = ModuleSpec(name, loader, origin=path, is_package=places is not None)
        names = module.__dict__
        names.update(__builtins__=self._builtins, __loader__=loader, __package__=spec.parent, __spec__=spec)
        names["__file__"] = label or path  # of ours not the real one, which coverage would follow
        if places is not None:
            names["__path__"] = spec.submodule_search_locations = places
        try:
            exec(code, names)
        except BaseException:
            self._modules.pop(name, None)
            raise
        if name == "json.decoder":
            # In C, its errors are looked for in the program's modules.
            names["scanstring"] = names["py_scanstring"]
            self.load("json.scanner").make_scanner = self.load("json.scanner").py_make_scanner
        elif name in ("ast", "_ast_unparse"):
            _write_strings_without_codec(names.get("_Unparser") or names.get("Unparser"))
        return self._modules[name]

    # -- what `import` means in modules of this library ---------------------------------------------------------

    def _import(self, name, globals=None, locals=None, fromlist=(), level=0):
        del locals  # the statement has no use for them either
        asking = globals.get("__name__", "") if globals else ""
        if level:
            package = globals.get("__package__") or asking.rpartition(".")[0]
            above = package.rsplit(".", level - 1)[0]
            name = f"{above}.{name}" if name else above
        top = name.partition(".")[0]
        if asking == _NAME or asking.startswith(_NAME + "."):
            if name in _AT_HAND:
                return _OF_SYS if fromlist and name == "sys" else _AT_HAND[name]
            if name in _LATE and not fromlist and name not in self._modules:
                return _Late(self.load, name)
            if name in self._views and asking.startswith("taskmon.watch.") and asking != "taskmon.watch.own_threading":
                return self._views[name]
            if fromlist:
                if name == "__future__":
                    return _FUTURE
                if name == "typing" and self._typing.has(fromlist):
                    return self._typing
                lean, parts = _LEAN.get(name, ("", frozenset()))
                if lean and parts.issuperset(fromlist):
                    name = lean
        if top != _NAME and top not in sys.stdlib_module_names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        if name == "collections.abc" and fromlist:
            return self.load(name if "collections" in self._modules else "_collections_abc")
        module = self.load(name)
        if not fromlist:
            return self.load(top)
        if hasattr(module, "__path__"):
            for part in fromlist:
                if part != "*" and not hasattr(module, part):
                    self._try_to_load(f"{name}.{part}")
        return module

    def _try_to_load(self, name):
        try:
            self.load(name)
        except ModuleNotFoundError as error:
            if error.name != name:  # of a module that is there
                raise

    def has_standard(self, module):
        """Whether a module that the program has is Python's."""
        if type(module) is not _Module:  # but something that stands for one, and may run anything when it is asked
            return False
        if _is_in_c(module):
            return True
        file = vars(module).get("__file__")
        return type(file) is str and file.startswith(self._standard) and "-packages" not in file


def _write_strings_without_codec(unparser):
    """As `ast.unparse` does by one that Python imports for it, among the program's modules, where it stays."""
    if unparser is None:  # of `ast`, where that is another module's
        return

    def helper(self, string, *, quote_types=("'", '"', '"""', "'''"), escape_special_whitespace=False):
        del self
        plain = "" if escape_special_whitespace else "\n\t"
        written = "".join(
            char if char in plain or (char.isprintable() and char != "\\") else repr(char)[1:-1] for char in string
        )
        quotes = [quote for quote in quote_types if quote not in written and (len(quote) > 1 or "\n" not in written)]
        if quotes and (quotes[0][0] != written[-1:] or len(quotes) > 1):
            return written, sorted(quotes, key=lambda quote: quote[0] == written[-1:])
        written = repr(string)
        return written[1:-1], [next((quote for quote in quote_types if written[0] in quote), written[0])]

    unparser._str_literal_helper = helper


class _Loader(SourceFileLoader):
    """Reads files as `Library.open_safely` does, and writes none."""

    def __init__(self, name, path, close):
        super().__init__(name, path)
        self._close = close

    def get_data(self, path):
        return _read_safely(path, self._close)

    def get_code(self, fullname):
        """As Python's own, which calls what the program has put in the place of its builtins."""
        del fullname
        wanted = _stat(self.path)
        code = self._compiled_before(wanted)
        return code or compile(self.get_data(self.path), self.path, "exec", dont_inherit=True)

    def _compiled_before(self, wanted):
        """What Python has kept of this file as it is now; None if it has not."""
        folder, _, own = self.path.rpartition("/")
        place = f"{sys.pycache_prefix}{folder}" if sys.pycache_prefix else f"{folder}/__pycache__"
        level = f".opt-{sys.flags.optimize}" if sys.flags.optimize else ""
        try:
            kept = self.get_data(f"{place}/{own[:-3]}.{sys.implementation.cache_tag}{level}.pyc")
        except OSError:
            return None
        # What is known by the hash of its source, rather than by that one's age, is of use if nobody is to compare it.
        age, size = (number & 0xFFFFFFFF for number in (int(wanted.st_mtime), wanted.st_size))
        by_age = b"".join(number.to_bytes(4, "little") for number in (0, age, size))
        if kept[:4] != MAGIC_NUMBER or (kept[4:16] != by_age and kept[4:8] != _UNCHECKED):
            return None
        try:
            code = _loads(memoryview(kept)[16:])
            _imp._fix_co_filename(code, self.path)
        except (EOFError, ValueError, TypeError):  # it is broken
            return None
        return code

    def set_data(self, path, data, *, _mode=0o666):
        """Write nothing."""


def _exec(source, globals=None, locals=None, /):
    """As `exec`. Given a text, that one makes the interpreter forget that Ctrl-C ended the program.

    Classes are made of texts, also of those modules that are loaded at its end; then its exit status would be another.
    """
    return _run(exec, source, globals, locals)


def _eval(source, globals=None, locals=None, /):
    """As `eval`; see `_exec`."""
    return _run(eval, source, globals, locals)


def _run(how, source, globals, locals):
    if globals is None:
        frame = sys._getframe(2)
        globals, locals = frame.f_globals, frame.f_locals if locals is None else locals
    if isinstance(source, str):
        source = compile(source.lstrip(" \t"), "<string>", how.__name__, dont_inherit=True)
    return how(source, globals) if locals is None else how(source, globals, locals)


def _read_safely(path, close=_close):
    wanted = _stat(path)
    number = _open_number(path, _READ_ONLY)
    parts = []
    # All of it at once: more than that would be copied, a megabyte in a millisecond. The kernel's own tell no size.
    size = wanted.st_size + 1 if wanted.st_size else 4096
    while _is_still(number, wanted):  # before each use, and before it is closed
        if parts and not parts[-1]:
            close(number)
            return b"".join(parts)
        parts.append(_read(number, size))
        size = 1 << 16
    raise OSError(_EBADF, "the program has closed this file while it was read", path)


class _Bundle:
    """What `taskmon.watch.bundle` has put into one file, by module.

    What each program needs stands first and is read at once. The rest, ten times as much, takes two milliseconds: it is
    read when something of it is needed, or by `read_all`, and never if the file is another by then.
    """

    def __init__(self, folder, close):
        self._close = close
        self._path = f"{folder}/watch/__pycache__/watcher.{sys.implementation.cache_tag}"
        self._lock = allocate_lock()
        self._index, self._rest = {}, (0, 0)
        try:
            self._found = _stat(self._path)
            (sizes,) = _read_parts(self._path, self._found, self._close, (0, 16))
            index, first, files, rest = (int.from_bytes(sizes[n : n + 4], "little") for n in (0, 4, 8, 12))
            names, codes = _read_parts(self._path, self._found, self._close, (16, index), (16 + index, first))
            python, library, names = _loads(names)
            # Of the program's children, some may begin after taskmon was installed anew.
            found = _stat(f"{folder}/watch/library.py")
        except (OSError, EOFError, ValueError, TypeError):
            return
        if python == PYTHON and library == (found.st_mtime_ns, found.st_size):
            self._add(names, codes)
            self._rest = 16 + index + first + files, rest

    def _add(self, names, codes):
        self._index.update({name: (*found, codes) for name, found in names.items()})

    def has(self, name):
        """Whether a module is in it, and has not been taken yet."""
        if name not in self._index:
            self.read_all()
        return name in self._index

    def take(self, name):
        """Return a module's file, the folders of its parts if it is a package, what to call it, and its code."""
        path, places, label, begin, end, codes = self._index.pop(name)
        return path, places, label, codes[begin:end]

    def read_all(self):
        """Read the rest, if that has not been done."""
        with self._lock:
            begin, index = self._rest
            if not begin:
                return
            try:
                (rest,) = _read_parts(self._path, self._found, self._close, (begin, self._found.st_size - begin))
                self._add(_loads(rest[:index]), memoryview(rest)[index:])
            except OSError:
                self._index = {}  # it has been made anew: what is missing is looked for as if there were none
            finally:
                self._rest = 0, 0  # no sooner: a child that is forked meanwhile has to read it itself

    def begin_anew_after_fork(self):
        """In a forked child: another thread of the parent may have been reading it."""
        self._lock = allocate_lock()


def _read_parts(path, wanted, close, *parts):
    """Return parts of a file, each told by where it begins and its length. Raises OSError if it is not the one."""
    number = _open_number(path, _READ_ONLY)
    read = []
    while _is_same(number, wanted):  # before each use, and before it is closed
        if len(read) == len(parts):
            close(number)
            return read
        begin, size = parts[len(read)]
        read.append(_pread(number, size, begin))
        if len(read[-1]) != size:
            raise OSError(_EBADF, "it has become shorter", path)
    raise OSError(_EBADF, "it is not the file that it was", path)


def _is_same(number, wanted):
    try:
        found = _fstat(number)
    except OSError:
        return False
    return _is_still(number, wanted) and (found.st_size, found.st_mtime_ns) == (wanted.st_size, wanted.st_mtime_ns)


def _is_still(number, wanted):
    """Whether a number stands for what it was given for. Some file systems number their files anew at each look.

    To ask which file it is lets go of the interpreter, and until it is our turn again the program may close the number
    and be given it. To ask how it is open does not, and comes last.
    """
    try:
        found = _fstat(number)
        if found.st_dev != wanted.st_dev or (found.st_ino != wanted.st_ino and wanted.st_size):
            return False
        return not _is_blocking(number) and not _is_inheritable(number)
    except OSError:
        return False


def _is_file(path):
    try:
        return _stat(path).st_mode & 0o170000 == 0o100000
    except OSError:
        return False


class _Lock:
    """One thread at a time loads, and may load what it needs for that. Like no other lock, it knows what is loading."""

    def __init__(self):
        self.loading = set()
        self._lock = allocate_lock()
        self._owner = None
        self._count = 0

    def __enter__(self):
        me = get_ident()
        if self._owner != me:
            self._lock.acquire()
            self._owner = me
        self._count += 1

    def __exit__(self, *_):
        self._count -= 1
        if not self._count:
            self._owner = None
            self._lock.release()


class _Late:
    """A module of Python's that is loaded once something of it is used."""

    def __init__(self, load, name):
        self._load = load
        self._name = name

    def __getattr__(self, attribute):
        return getattr(self._load(self._name), attribute)


#: What we keep with these is no business of the program's.
_OUR_AFFAIR = frozenset({"cache", "lru_cache"})


class _View:
    """A module as the program has it, once it has imported it; until then, or if that is not Python's, ours."""

    def __init__(self, library, name):
        self._library = library
        self._name = name
        self._judged = None  # the last that was Python's: this is asked a thousand times while flags are looked for

    def __getattr__(self, attribute):
        if attribute == "Lock":  # nobody asks what one of the program's is like; and of ours there must be no others
            return allocate_lock
        module = sys.modules.get(self._name)
        ours = attribute in _OUR_AFFAIR
        if ours or module is None or module is not self._judged:
            if ours or module is None or not self._library.has_standard(module) or _is_being_imported(module):
                return getattr(self._library.load(self._name), attribute)
            self._judged = module
        if attribute == "main_thread":
            return lambda: module._main_thread  # the program may have put something else in the place of its functions
        return getattr(module, attribute)


def _is_in_c(module):
    origin = getattr(getattr(module, "__spec__", None), "origin", None)
    return origin == "built-in" or (type(origin) is str and origin.endswith(tuple(EXTENSION_SUFFIXES)))


def _is_as_made(module):
    """Whether a module in C has only what is in C: a program that runs already may have put functions of its own in."""
    return _is_in_c(module) and _Function not in map(type, list(vars(module).values()))


def _is_being_imported(module):
    return getattr(getattr(module, "__spec__", None), "_initializing", False)


def _typing(load):
    """What modules of ours need of `typing`, which costs more than all that is loaded before the program begins.

    And where Python makes its generic classes in C, from 3.12 on, those import the `typing` that the program would get.
    """

    class Anything:
        __slots__ = ()

        def __class_getitem__(cls, item):
            return cls

    class NamedTuples(type):
        def __new__(cls, name, _, names):
            own = list(names.get("__annotations__", ()))
            made = load("collections").namedtuple(
                name, own, defaults=[names[field] for field in own if field in names], module=names["__module__"]
            )
            for attribute, value in names.items():
                if attribute not in own and attribute not in _TUPLES_OWN:
                    setattr(made, attribute, value)
            return made

    class Base:
        def __mro_entries__(self, bases):
            return (type.__new__(NamedTuples, "NamedTuple", (), {}),)

    class Typing:
        TYPE_CHECKING = False
        Any = ClassVar = Final = Generic = NoReturn = Protocol = TextIO = TypeAlias = Anything
        NamedTuple = Base()

        TypeVar = ParamSpec = staticmethod(lambda *_, **__: Anything)

        @staticmethod
        def cast(_, value):
            return value

        @staticmethod
        def has(names):
            return all(name in vars(Typing) for name in names)

    return Typing


_TUPLES_OWN = frozenset({"__module__", "__name__", "__qualname__"})
