"""Where a watched program meets taskmon: `taskmon run` puts this folder first on PYTHONPATH, and Python does the rest.

The interpreter imports ``sitecustomize`` before it looks at the script, so the program itself is run by Python alone:
its ``__main__``, its tracebacks, ``-m``, ``-c``, zip files and syntax errors are those of any other day. Before that
happens, all that led here is taken back: the environment, ``sys.path``, and the name ``sitecustomize``, which may
belong to a module that the system really has.

Nothing of taskmon enters ``sys.modules`` or ``sys.path``. Its modules live in a dictionary of their own, and only they
themselves import from it; a program that has a ``taskmon`` of its own meets that one. This file must be readable to
every Python 3, because it is what tells an older one from those that can be watched.
"""

# Annotations of today mean nothing to an old Python.
# mypy: ignore-errors

import sys

_NAME = "taskmon"


def _take_back():
    """Undo what brought this module here; return the options that came along, or None if nobody sent them."""
    import os

    here = os.path.dirname(os.path.abspath(__file__))
    options = os.environ.pop("_TASKMON_OPTIONS", None)
    before = os.environ.pop("_TASKMON_PYTHONPATH", None)
    if options is not None:
        if before is None:
            os.environ.pop("PYTHONPATH", None)
        else:
            os.environ["PYTHONPATH"] = before
    sys.path[:] = [folder for folder in sys.path if os.path.abspath(folder) != here]
    sys.path_importer_cache.pop(here, None)
    sys.modules.pop("sitecustomize", None)
    return options


class _Library:
    """The modules of taskmon, for nobody but themselves."""

    def __init__(self, folder):
        import builtins

        self._folder = folder
        self._modules = {}
        self._ordinary_import = builtins.__import__
        # A copy: what the program does to its builtins does not reach us, nor the other way round.
        self._builtins = dict(vars(builtins), __import__=self._import)
        self._lock = None

    def load(self, name):
        """Return the module called `name`, loaded if need be. Raises ImportError."""
        if name in self._modules:
            return self._modules[name]
        if self._lock is None:
            import _thread

            self._lock = _thread.RLock()
        with self._lock:
            return self._modules[name] if name in self._modules else self._read(name)

    def _read(self, name):
        from importlib.machinery import SourceFileLoader
        from importlib.util import module_from_spec, spec_from_file_location
        from os.path import isdir, join

        parent, _, own = name.rpartition(".")
        if parent:
            self.load(parent)
        path = join(self._folder, *name.split(".")[1:])
        is_package = isdir(path)
        file = join(path, "__init__.py") if is_package else path + ".py"
        loader = SourceFileLoader(name, file)
        try:
            code = loader.get_code(name)
        except OSError:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name) from None
        places = [path] if is_package else None
        spec = spec_from_file_location(name, file, loader=loader, submodule_search_locations=places)
        module = module_from_spec(spec)
        module.__dict__["__builtins__"] = self._builtins
        self._modules[name] = module
        try:
            exec(code, module.__dict__)
        except BaseException:
            del self._modules[name]
            raise
        if parent:
            setattr(self._modules[parent], own, module)
        return module

    def _import(self, name, globals=None, locals=None, fromlist=(), level=0):
        """What the statement ``import`` means within taskmon."""
        if name == "dataclasses":
            return _dataclasses()
        if level or (name != _NAME and not name.startswith(_NAME + ".")):
            return self._ordinary_import(name, globals, locals, fromlist, level)
        module = self.load(name)
        if not fromlist:
            return self.load(_NAME)
        for part in fromlist:
            if not hasattr(module, part) and hasattr(module, "__path__"):
                self.load(name + "." + part)
        return module


def _dataclasses():
    """The module `dataclasses` for classes whose module is not in ``sys.modules``, where it looks for that."""
    import dataclasses
    import types

    def dataclass(*args, **options):
        def make(made):
            module, made.__module__ = made.__module__, "dataclasses"
            made = dataclasses.dataclass(made, **options)
            made.__module__ = module
            return made

        return make(*args) if args else make

    return types.SimpleNamespace(**{**vars(dataclasses), "dataclass": dataclass})


def _watch(options):
    """Start watching. Whatever goes wrong, the program goes on as if it had been started without taskmon."""
    try:
        if sys.version_info < (3, 11):  # noqa: UP036
            version = ".".join(str(number) for number in sys.version_info[:2])
            sys.stderr.write("taskmon: this is Python " + version + "; to be watched, a program needs 3.11 or newer.\n")
            return
        from os.path import abspath, dirname

        folder = dirname(dirname(dirname(abspath(__file__))))
        library = _Library(folder)
        library.load("taskmon.watch.start").watch(options, library)
    except Exception:
        if "debug" in options.split("\n"):
            raise


_options = _take_back()
if _options is not None:
    _watch(_options)

import sitecustomize  # noqa: E402,F401 -- the one that the system has; if it has none, site.py expects this very error
