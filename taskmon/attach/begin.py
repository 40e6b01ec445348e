"""What a program executes at a safe point of one of its threads: start a thread of ours, and nothing else.

Whatever that thread of the program was doing waits meanwhile: so no module is loaded and no lock taken in it. Several
threads may have been asked, and it may be long since: whoever comes first takes the note of `taskmon.attach.request`
away, which the system lets only one do; without a note nothing happens. Nothing is raised, for Python would print it
into the program's output.

This file is never imported in the program. Python executes it with names of its own, which go with it.
"""

# Read by `taskmon.attach.request` as a module: the place of the note is written here, once.
# mypy: ignore-errors

import _imp
import _thread
import posix
import sys


def places(user):
    """Where a program of this user looks for its note; nobody else can put one there."""
    return (f"/run/user/{user}/taskmon-attach", f"/tmp/taskmon-attach-{user}")


def begin():
    """Take the note and start a thread. In a thread of the program."""
    user = posix.geteuid()
    for place in places(user):
        note = f"{place}/{posix.getpid()}"
        try:
            found = posix.lstat(place)
            if found.st_uid != user or found.st_mode & 0o170077 != 0o040000:
                continue
            posix.rename(note + ".note", note + ".taken")
        except Exception:  # there is none; or no memory even to look for it
            continue
        threads = _our_threads()
        quiet = _keep_forks_quiet(threads)
        try:
            if threads:
                threads.expect(threads.REQUEST)
            if _is_original(_thread.start_new_thread):
                _thread.start_new_thread(work, (note, quiet))
            else:
                _start(note, quiet)
        except Exception:  # no thread is to be had, or no memory for one
            _take_out(quiet)
            if threads:
                threads.expect_no_more(threads.REQUEST)
            _say_no(note)
        return


def _our_threads():
    """The module that counts threads of ours, if taskmon has been loaded before."""
    try:
        kept = vars(sys.modules["_frozen_importlib"]._call_with_frames_removed).get("_taskmon")
        return kept and kept[1].loaded("taskmon.watch.hooks.raw_threads")
    except Exception:  # the program has put something else there
        return None


def _keep_forks_quiet(threads):
    """Have Python not warn a program with one thread of a fork because of ours, until `_take_out` of what is returned.

    Once taskmon is loaded it sees to that itself, from fork to fork; see `taskmon.watch.hooks.forks`.
    """
    try:
        filters = (sys.modules.get("warnings") or sys.modules["_warnings"]).filters
        if _thread._count() <= (threads.count_at_most() if threads else 0) and type(filters) is list:
            text = "This process (pid={}) is multi-threaded, use of {}() may lead to deadlocks in the child."
            texts = [text.format(posix.getpid(), name) for name in ("fork", "forkpty")]
            ours = [("ignore", text, DeprecationWarning, None, 0) for text in texts]
            filters[:0] = ours
            return filters, ours
    except Exception:  # the program has put something else there, or there is no memory
        pass
    return [], []


def _take_out(quiet):
    filters, ours = quiet
    for one in ours:
        try:
            filters.remove(one)
        except Exception:  # the program has taken out all
            continue


def _say_no(note):
    """Tell whoever waits that nothing comes of it, with as little as possible."""
    try:
        posix.rename(note + ".taken", note + ".failed")
    except Exception:
        return


def _is_original(function):
    return type(function) is type(posix.rename)


def _start(note, quiet):
    """Start a thread where the program has put something else in the place of threads, such as greenlets."""
    import _imp

    class Wanted:
        name = "_thread"
        origin = "built-in"
        loader = parent = None

    original = _imp.create_builtin(Wanted)
    _imp.exec_builtin(original)
    original.start_new_thread(work, (note, quiet))


def work(note, quiet):
    """Do what the note says, and answer. In a thread of ours."""
    try:
        import _signal

        faults = {_signal.SIGSEGV, _signal.SIGFPE, _signal.SIGBUS, _signal.SIGILL, _signal.SIGABRT}
        _signal.pthread_sigmask(_signal.SIG_BLOCK, _signal.valid_signals() - faults)
        said = _obey(note + ".taken", quiet)
    except BaseException as error:
        said = f"failed\n{type(error).__name__}: {error}"
    try:
        if said is None:
            posix.unlink(note + ".taken")
            return
        descriptor = posix.open(note + ".part", posix.O_WRONLY | posix.O_CREAT | posix.O_EXCL | posix.O_CLOEXEC, 0o600)
        posix.write(descriptor, said.encode("utf-8", "replace"))
        posix.close(descriptor)
        posix.rename(note + ".part", note + ".answer")
    except OSError:
        return  # nobody waits any more
    finally:
        _take_out(quiet)


def _obey(note, quiet):
    """Return what came of it, in lines of which the first is a word; None if nobody waits any more."""
    import fcntl

    descriptor = posix.open(note, posix.O_RDONLY | posix.O_CLOEXEC | posix.O_NOFOLLOW)
    try:
        found = posix.fstat(descriptor)
        if found.st_uid != posix.geteuid() or found.st_mode & 0o177:
            return "failed\nthe note is not the user's own"
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            pass  # whoever wrote it holds it, and waits
        else:
            return None
        text = posix.read(descriptor, 65536).decode("utf-8", "surrogateescape")
    finally:
        posix.close(descriptor)
    words = dict(line.partition("=")[::2] for line in text.split("\n"))
    if not _is_original(_thread.start_new_thread):
        return "replaced\n"
    entry = words["folder"] + "/watch/entry/sitecustomize.py"
    names = {"__name__": "taskmon.watch.entry", "__file__": entry}
    with open(entry, encoding="utf-8") as file:
        exec(compile(file.read(), "<taskmon watch.entry.sitecustomize>", "exec"), names)
    library = names["open_library"](words["folder"])
    return library.load("taskmon.watch.attached").obey(words, library, quiet)


def _label():
    """Have this code known as ours: else it is “<string>”, as what a program makes itself may be."""
    try:
        _imp._fix_co_filename(sys._getframe(1).f_code, "<taskmon attach/begin.py>")
    except Exception:  # the program listens to what is done in it, and raises; or there is no memory
        return


if __name__ == "builtins":  # in the program: the names that it is executed with have no name of their own
    _label()
    begin()
