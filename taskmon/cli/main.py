"""The command line: what was asked for, checked, and handed to the window or to the terminal.

The commands for the jobs are made from their declarations, so a new job needs nothing here. Whatever is wrong with
the input is one sentence on the standard error and exit status 2.

``taskmon --version`` is to take little more than the start of Python, so each way imports what it needs and no more.
"""

from __future__ import annotations

import errno
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run taskmon with `argv`, by default that of the process, and return the exit status.

    0: all went well; the window has closed, however it was asked to. 1: a job failed. 2: what was asked for makes no
    sense, or there can be no window. 3: there is no open window to ask. 74: the output could not be written.
    126, 127: the command to run cannot be executed, or there is none, as a shell has it. 128 + n: a job in the
    terminal was ended by signal n, as 130 after Ctrl-C.
    """
    words = sys.argv[1:] if argv is None else list(argv)
    if argv is None:
        _look_last_in_pythonpath()
    try:
        if words[:1] == ["run"]:
            return _run_program(words[1:])
        return _with_robust_output(words)
    except BrokenPipeError:
        # As after `taskmon --help | head -1`. Met by the flush in _with_robust_output.
        from taskmon.core.base.errors import drop_output

        drop_output(sys.stdout)  # so that it is not met once more at exit
        return 141
    except OSError as error:  # of the output, such as a full disk: everything else has been made a TaskmonError
        return _output_failed(error)
    except KeyboardInterrupt:  # before anything was running: there is nothing to cancel
        return 130
    except Exception as error:
        from taskmon.core.base.errors import TaskmonError, complain

        if not isinstance(error, TaskmonError):
            raise
        complain(error.message or error.title)
        return error.exit_status


def _output_failed(error: OSError) -> int:
    """Say that the output could not be written; return the status of that."""
    from taskmon.cli.terminal import OUTPUT_FULL
    from taskmon.core.base.errors import complain, drop_output

    drop_output(sys.stdout)
    complain(f"the output could not be written: {error.strerror or error}")
    return OUTPUT_FULL


def _look_last_in_pythonpath() -> None:
    """What PYTHONPATH names is meant for the program to be run, and may hold a `typing` of its own."""
    given = {os.path.abspath(folder) for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder}
    if given:
        sys.path.sort(key=lambda folder: os.path.abspath(folder) in given)


#: What Python itself sets LC_CTYPE to.
_PYTHONS_LOCALES = ("C.UTF-8", "C.utf8", "UTF-8")


def _take_back_locale() -> None:
    """Where no locale is named, Python puts one into its environment as it starts: the program is not to inherit it."""
    if os.environ.get("LC_CTYPE") not in _PYTHONS_LOCALES:
        return
    try:
        with open("/proc/self/environ", "rb") as file:  # as it was given
            given = dict(entry.partition(b"=")[::2] for entry in file.read().split(b"\0"))
    except OSError:
        return
    before = given.get(b"LC_CTYPE")
    if before is None:
        del os.environ["LC_CTYPE"]
    else:
        os.environ["LC_CTYPE"] = os.fsdecode(before)


def _run(words: Sequence[str]) -> int:
    if not words:
        return _open_window()  # at once: to read options takes time that is better spent
    if words == ["run", "--help"]:
        from taskmon.cli.run import HELP

        print(HELP, end="")
        return 0
    if words == ["--version"]:
        from taskmon.cli.version import versions

        print(versions())
        return 0
    if words in (["list"], ["list", "--json"]):  # scripts ask this again and again: what reads options takes longer
        from taskmon.cli.window_commands import list_tasks

        return list_tasks(as_json=len(words) > 1)
    from taskmon.cli.options import parse

    options = parse(words)
    if options.command == "start":
        from taskmon.jobs import BUILTIN_JOBS

        job = BUILTIN_JOBS[options.job]
        arguments = job.bind({parameter.name: getattr(options, parameter.name) for parameter in job.parameters})
        job.examine(arguments)
        if options.headless:
            from taskmon.cli.terminal import run_headless
            from taskmon.jobs.declare import Work

            return run_headless([Work(job.task_name(arguments), job.function, arguments)])
        return _open_window(start=[(job.name, arguments)])
    if options.command == "demo" and options.headless:
        from taskmon.cli.terminal import run_headless
        from taskmon.jobs.demo import demo_tasks

        return run_headless(demo_tasks())
    if options.command in ("list", "cancel", "watch", "stacks"):
        return _ask_window(options)
    if options.command == "dask":
        from taskmon.cli.dask import show_cluster

        return show_cluster(
            options.address, everything=options.all, window=not options.no_window, with_window=options.with_window
        )
    if options.command in ("attach", "detach"):
        return _ask_program(options)
    assert options.command in ("demo", None), f"nothing is done for {options.command}"
    return _open_window(demo=options.command == "demo")


def _ask_program(options: argparse.Namespace) -> int:
    from taskmon.core.base.errors import TaskmonError

    if not sys.platform.startswith("linux"):
        raise TaskmonError("Cannot attach", "only on Linux can taskmon attach to a program that runs")
    from taskmon.attach.attach import Wish
    from taskmon.cli import attach_commands

    if options.command == "detach":
        wish, voice = Wish(wait=options.wait, wake=options.wake), attach_commands.Voice(as_json=options.json)
        return attach_commands.detach_from(options.pid, wish, voice)
    if options.list:
        return attach_commands.list_programs(as_json=options.json)
    wish = Wish(wait=options.wait, wake=options.wake, library_threads=options.library_threads)
    voice = attach_commands.Voice(as_json=options.json)
    return attach_commands.attach_to(options.pid, wish, voice, window=not options.no_window, look_only=options.look)


def _ask_window(options: argparse.Namespace) -> int:
    if options.command == "stacks":
        from taskmon.cli.stacks import print_stacks

        return print_stacks(options.program, as_json=options.json)
    from taskmon.cli import window_commands
    from taskmon.core.base.errors import TaskmonError

    if options.command == "list":
        return window_commands.list_tasks(as_json=options.json)
    if options.command == "watch":
        return window_commands.watch_tasks()
    if options.group == "":
        raise TaskmonError("Nothing was cancelled", "--group needs the name of a group")  # not all that have none
    if options.signal and not options.ids:
        raise TaskmonError("Nothing was sent", "a signal is for programs and processes by their numbers")
    return window_commands.cancel_tasks(
        options.ids or None, group=options.group, wait=options.wait, reason=options.reason, signal=options.signal
    )


def _run_program(words: Sequence[str]) -> int:
    """Become a program that is watched. Everything after its name is its own, so this is not for argparse."""
    from taskmon.cli.run import become, parse

    _take_back_locale()
    request = parse(words)
    if request is None:
        return _with_robust_output(["run", "--help"])
    from taskmon.link.wire.meeting import address, somebody_listens

    run, coming = "", False
    if request.window or somebody_listens(address()):
        from taskmon.link.window_client import announce, ensure_window

        run = announce(request.name)
        coming = not run and request.window and ensure_window("The program runs without a window")
    become(request, run, coming=coming)
    return 0  # not come to


def _open_window(*, start: Sequence[tuple[str, Mapping[str, object]]] = (), demo: bool = False) -> int:
    import contextlib
    import signal

    with contextlib.suppress(ValueError):  # not in the main thread
        # While Qt is loading, Ctrl-C ends the process: an exception in the middle of that is swallowed, or worse.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    # First of all: whoever joins a window that is open needs none of what follows.
    from taskmon.link.window_client import arrive

    claim, handed_over = arrive(start, demo=demo)
    if handed_over:
        return 0
    # Asked first: without a display Qt would abort the process, and no exception would tell why.
    from taskmon import binding
    from taskmon.preflight import window_problem

    problem = window_problem()
    if problem is not None:
        from taskmon.core.base.errors import complain

        if claim is not None:
            claim.close()
        complain(problem)
        return 2
    binding.load()
    from taskmon.app import main as run_window

    return run_window(start=start, demo=demo, claim=claim)


def _with_robust_output(words: Sequence[str]) -> int:
    """Print what the terminal's encoding cannot show as “?”, and meet a closed pipe here rather than at exit."""
    if sys.stdout is None and sys.platform != "win32":
        import io

        output = sys.stdout = io.StringIO()  # to know whether anything should have been printed
    else:
        output = None
    for stream in (sys.stdout, sys.stderr):
        try:  # noqa: SIM105 -- contextlib is not loaded for this
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
        except (AttributeError, ValueError, OSError):  # no stream at all, or not a real one
            pass
    status = 0
    try:
        status = _run(words)
        return status
    finally:
        try:
            if output is not None and output.tell():
                raise OSError(errno.EBADF, os.strerror(errno.EBADF))
            if sys.stdout is not None:
                sys.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            if not status:
                raise
            _output_failed(error)  # what went wrong before keeps its status
