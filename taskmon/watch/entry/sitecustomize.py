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


def _library(folder, bundled):
    """Return the `taskmon.watch.library.Library`, whose own module is nobody's but its own."""
    from _frozen_importlib_external import SourceFileLoader

    path = folder + "/watch/library.py"
    module = type(sys)("taskmon.watch.library")
    code = SourceFileLoader(module.__name__, path).get_code(module.__name__)
    import _imp

    _imp._fix_co_filename(code, "<taskmon watch.library>")
    module.__file__ = code.co_filename
    exec(code, module.__dict__)
    return module.Library(folder, bundled=bundled)


def open_library(folder, bundled=False):
    """Return the modules of taskmon in this program: those of an earlier attach, or else loaded anew.

    They come out of one file if they have been `bundled`; see taskmon.watch.bundle.

    What has been loaded is of no use to the program after a detach, but to load it again would cost it as much again.
    It is kept where neither the program nor its tools look: as an attribute of a function of the import system's.
    """
    keeper = sys.modules["_frozen_importlib"]._call_with_frames_removed
    kept = vars(keeper).get("_taskmon")
    if kept is None or kept[0] != folder:
        kept = keeper._taskmon = (folder, _library(folder, bundled))
    return kept[1]


def _watch(options):
    """Start watching. Whatever goes wrong, the program goes on as if it had been started without taskmon."""
    try:
        if sys.version_info < (3, 11):  # noqa: UP036
            if "child" in options.split("\n"):
                return  # nobody asked for this one
            version = ".".join(str(number) for number in sys.version_info[:2])
            sys.stderr.write("taskmon: this is Python " + version + "; to be watched, a program needs 3.11 or newer.\n")
            return
        from os.path import abspath, dirname

        folder = dirname(dirname(dirname(abspath(__file__))))
        bundled = "bundled=" + sys.implementation.cache_tag
        library = open_library(folder, bundled in options.split("\n"))
        collector = library.load("gc")
        collects = collector.isenabled()
        collector.disable()  # nothing of what is made here is to be cleared away again: a tenth of all the time
        try:
            library.load("taskmon.watch.start").watch(options, library)
        finally:
            if collects:
                collector.enable()
    except Exception:
        if "debug" in options.split("\n"):
            raise


if __name__ == "sitecustomize":  # and not when it is read for the sake of `open_library`
    _options = _take_back()
    if _options is not None:
        _watch(_options)

    import sitecustomize  # noqa: F401 -- the one that the system has; if it has none, site.py expects this very error
