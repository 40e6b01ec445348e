"""The command line: what was asked for, checked, and handed to the window or to the terminal.

The commands for the jobs are made from their declarations, so a new job needs nothing here. Whatever is wrong with
the input is one sentence on the standard error and exit status 2.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

from taskmon.core.errors import TaskmonError
from taskmon.core.text import plain
from taskmon.jobs import BUILTIN_JOBS, JobType, Parameter, ParameterKind

_EPILOG = """examples:
  taskmon                                      open the window
  taskmon demo                                 open it with workers to try it on
  taskmon start checksum ~/Pictures            open it with a job started
  taskmon start checksum /data --headless      run the job in this terminal
  taskmon list                                 list the tasks of the open window
  taskmon cancel 12                            ask one of them to stop
  taskmon run script.py                        run a program of yours, its threads in the window

Cancelling asks a worker to stop; it leaves at its next checkpoint. Nothing is ever killed.
"""

_HEADLESS_HELP = "run in this terminal, without a window; Ctrl-C cancels"


def main(argv: Sequence[str] | None = None) -> int:
    """Run taskmon with `argv`, by default that of the process, and return the exit status.

    0: all went well; the window has closed, however it was asked to. 1: a job failed. 2: what was asked for makes no
    sense, or there can be no window. 3: there is no open window to ask. 128 + n: a job in the terminal was ended by
    signal n, as 130 after Ctrl-C.
    """
    words = sys.argv[1:] if argv is None else list(argv)
    try:
        if words[:1] == ["run"]:
            return _run_program(words[1:])
        with _robust_output():
            options = _parse(words)
            return _run(options)
    except TaskmonError as error:
        _complain(error.message or error.title)
        return 2
    except BrokenPipeError:
        # As after `taskmon --help | head -1`. Met by the flush in _robust_output.
        from taskmon.headless.faces import drop_output

        drop_output(sys.stdout)  # so that it is not met once more at exit
        return 141
    except OSError as error:  # of the output, such as a full disk: everything else has been made a TaskmonError
        _complain(f"the output could not be written: {error.strerror or error}")
        return 1
    except KeyboardInterrupt:  # before anything was running: there is nothing to cancel
        return 130


def _run(options: argparse.Namespace) -> int:
    if options.command == "start":
        job = BUILTIN_JOBS[options.job]
        arguments = job.bind({parameter.name: getattr(options, parameter.name) for parameter in job.parameters})
        job.examine(arguments)
        if options.headless:
            from taskmon.headless import Work, run_headless

            return run_headless([Work(job.task_name(arguments), job.function, arguments)])
        return _open_window(start=[(job.name, arguments)])
    if options.command == "demo" and options.headless:
        from taskmon.headless import Work, run_headless
        from taskmon.jobs.demo import demo_tasks

        return run_headless([Work(*task) for task in demo_tasks()])
    if options.command in ("list", "cancel", "watch"):
        return _ask_window(options)
    return _open_window(demo=options.command == "demo")


def _ask_window(options: argparse.Namespace) -> int:
    from taskmon.headless import remote

    if options.command == "list":
        return remote.list_tasks(as_json=options.json)
    if options.command == "watch":
        return remote.watch_tasks()
    return remote.cancel_tasks(options.ids or None, group=options.group, wait=options.wait)


def _run_program(words: Sequence[str]) -> int:
    """Become a program that is watched. Everything after its name is its own, so this is not for argparse."""
    from taskmon.watch.command import HELP, become, parse

    request = parse(words)
    if request is None:
        with _robust_output():
            print(HELP, end="")
        return 0
    if request.window:
        from taskmon.link.opening import open_window, window_is_open

        problem = "" if window_is_open() else open_window()
        if problem:
            _complain(f"{problem} The program runs without a window.")
    become(request)
    return 0  # not come to


def _open_window(*, start: Sequence[tuple[str, Mapping[str, object]]] = (), demo: bool = False) -> int:
    import signal

    with contextlib.suppress(ValueError):  # not in the main thread
        # While Qt is loading, Ctrl-C ends the process: an exception in the middle of that is swallowed, or worse.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    # First of all: whoever joins a window that is open needs none of what follows.
    from taskmon.link.single import arrive

    claim, handed_over = arrive(start, demo=demo)
    if handed_over:
        return 0
    # Asked first: without a display Qt would abort the process, and no exception would tell why.
    from taskmon import binding
    from taskmon.preflight import window_problem

    problem = window_problem()
    if problem is not None:
        if claim is not None:
            claim.close()
        _complain(problem)
        return 2
    binding.load()
    from taskmon.app import main as run_window

    return run_window(start=start, demo=demo, claim=claim)


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one sentence, with the way to the help."""

    def error(self, message: str) -> NoReturn:
        _complain(f"{plain(message, 500)}. Try “{self.prog} --help”.")
        self.exit(2)


class _VersionAction(argparse.Action):
    """Looks the versions up only when they are asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_arguments: object) -> NoReturn:
        from importlib.metadata import PackageNotFoundError, version
        from platform import python_version

        from taskmon import __version__

        try:
            qt = f"PySide6 {version('PySide6_Essentials')}"
        except PackageNotFoundError:
            qt = "without PySide6: no window"
        print(f"taskmon {__version__} (Python {python_version()}, {qt})")
        parser.exit()


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = _make_parser()
    options, rest = parser.parse_known_args(argv)
    # argparse gives a list of folders only the first run of them: in `start checksum A --headless B`, B is left over.
    lists: list[str] = options.lists if options.command == "start" else []
    if rest and (len(lists) != 1 or any(word.startswith("-") for word in rest)):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if rest:
        getattr(options, lists[0]).extend(rest)
    return options


def _make_parser() -> _Parser:
    parser = _Parser(
        prog="taskmon",
        description="See every background thread your Python programs run, and stop any one of them safely.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_VersionAction, nargs=0, help="show the versions and exit")
    commands = parser.add_subparsers(dest="command", title="commands", metavar="COMMAND")
    start = commands.add_parser(
        "start",
        help="start a built-in job",
        description="Start a built-in job, in the window or in this terminal.",
        epilog="“taskmon start JOB --help” tells what a job does and what it asks for.",
        allow_abbrev=False,
    )
    jobs = start.add_subparsers(dest="job", title="jobs", metavar="JOB", required=True)
    for job in BUILTIN_JOBS.values():
        _add_job(jobs, job)
    demo = commands.add_parser(
        "demo",
        help="run one worker for each way to be cancelled",
        description="Run one worker for each way to be cancelled, and some that make it hard: one is slow to notice,"
        " one never looks, one fails, one does not know how much there is to do.",
        allow_abbrev=False,
    )
    commands.add_parser("run", help="run a Python program and watch its threads", add_help=False)
    demo.add_argument("--headless", action="store_true", help=_HEADLESS_HELP)
    _add_window_commands(commands)
    return parser


def _add_window_commands(commands: Any) -> None:
    listed = commands.add_parser(
        "list",
        help="list the tasks of the open window",
        description="List the tasks of the open window, ended ones too until they are cleared there.",
        epilog="Exit status: 3 if no window is open.",
        allow_abbrev=False,
    )
    listed.add_argument("--json", action="store_true", help="as a list of objects; the manual page tells their names")
    cancel = commands.add_parser(
        "cancel",
        help="ask tasks of the open window to stop",
        description="Ask tasks of the open window to stop, and tell what that sets. Nothing is asked back.",
        epilog="Exit status: 1 if one of them cannot be cancelled, or with --wait did not end well; 3 if no window is"
        " open.",
        allow_abbrev=False,
    )
    which = cancel.add_mutually_exclusive_group(required=True)
    which.add_argument("ids", nargs="*", type=int, default=[], metavar="ID", help="what “taskmon list” shows")
    which.add_argument("--group", metavar="G", help="all tasks of a group, or of a program")
    which.add_argument("--all", action="store_true", help="all tasks")
    cancel.add_argument("--wait", action="store_true", help="wait until they have ended")
    commands.add_parser(
        "watch",
        help="show the tasks of the open window in this terminal",
        description="Show the tasks of the open window in this terminal, until Ctrl-C.",
        allow_abbrev=False,
    )


def _add_job(jobs: Any, job: JobType) -> None:
    parser = jobs.add_parser(
        job.name,
        help=job.title[0].lower() + job.title[1:],
        description=_escaped(job.description),
        epilog=_escaped(job.epilog),
        formatter_class=_JobHelpFormatter,
        allow_abbrev=False,
    )
    lists = [parameter.name for parameter in job.parameters if parameter.kind is ParameterKind.FOLDERS]
    parser.set_defaults(lists=lists)
    for parameter in job.parameters:
        _add_parameter(parser, parameter)
    parser.add_argument("--headless", action="store_true", help=_HEADLESS_HELP)


def _add_parameter(parser: argparse.ArgumentParser, parameter: Parameter) -> None:
    text = _escaped(parameter.help)
    metavar = parameter.metavar or parameter.name.upper()
    if parameter.kind is ParameterKind.FOLDERS:
        # What is missing is told by JobType.bind, which also knows when it may be.
        parser.add_argument(parameter.name, nargs="*", metavar=metavar, help=text)
        return
    option = "--" + parameter.name.replace("_", "-")
    if parameter.kind is ParameterKind.FLAG:
        parser.add_argument(option, dest=parameter.name, action="store_true", help=text)
    elif parameter.kind is ParameterKind.CHOICE:
        text = f"one of {', '.join(parameter.choices)}; {text}" if text else f"one of {', '.join(parameter.choices)}"
        parser.add_argument(option, dest=parameter.name, metavar="NAME", help=text)
    else:
        parser.add_argument(option, dest=parameter.name, metavar=metavar, help=text)


class _JobHelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Wraps the description and keeps the lines of the examples."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" in text:
            return super()._fill_text(text, width, indent)
        return argparse.HelpFormatter._fill_text(self, text, width, indent)


def _escaped(text: str) -> str:
    return text.replace("%", "%%")  # argparse formats its texts with %


@contextlib.contextmanager
def _robust_output() -> Iterator[None]:
    """Print what the terminal's encoding cannot show as “?”, and meet a closed pipe here rather than at exit."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError, OSError):  # no stream at all, or not a real one
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        yield
    finally:
        if sys.stdout is not None:
            sys.stdout.flush()


def _complain(problem: str) -> None:
    with contextlib.suppress(OSError):  # nobody listens; the exit status tells
        print(f"taskmon: {problem}", file=sys.stderr, flush=True)
