"""The options of the command line, and their help. Loaded only where there are words to read: the window needs none."""

from __future__ import annotations

import argparse
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, NoReturn

    from taskmon.jobs import JobType, Parameter

_EPILOG = """examples:
  taskmon                                      open the window
  taskmon demo                                 open it with workers to try it on
  taskmon start checksum ~/Pictures            open it with a job started
  taskmon start checksum /data --headless      run the job in this terminal
  taskmon list                                 list the tasks of the open window
  taskmon cancel 12                            ask one of them to stop
  taskmon stacks script.py                     print where the threads of a program are, for a bug report
  taskmon run script.py                        run a program of yours, its threads in the window
  taskmon dask tcp://scheduler:8786            show the tasks of a Dask cluster in the window
  taskmon attach --list                        list your Python programs that run already
  taskmon attach 4711                          watch one of them

Cancelling asks a worker to stop; it leaves at its next checkpoint. No thread is ever killed.
"""

_HEADLESS_HELP = "run in this terminal, without a window; Ctrl-C cancels"


_WAKE_HELP = (
    "if it runs no Python code at this moment, end a system call in which one of its threads waits, as a signal would;"
    " Python begins it again, but a library in C may take it for a failure"
)


class _HelpFormatter(argparse.HelpFormatter):
    """As argparse's own, but for what that loads: `shutil`, to ask for the width with each argument that is added.

    And since Python 3.14 what colours the help, which costs as much as all else: only where colours are seen.
    """

    def __init__(self, prog: str, **options: Any) -> None:
        super().__init__(prog, **{"width": _width(), **options})

    if sys.version_info[:2] == (3, 14):

        def _set_color(self, color: bool) -> None:
            asked = any(os.environ.get(name) for name in ("FORCE_COLOR", "PYTHON_COLORS"))
            if asked or (color and sys.stdout is not None and sys.stdout.isatty()):
                super()._set_color(color)  # type: ignore[misc,unused-ignore]
            else:
                self._theme, self._decolor = _NoColors(), str


def _width() -> int:
    """The columns of the terminal that help is wrapped to, as `shutil.get_terminal_size` finds them, less two."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isascii() and columns.isdecimal() and int(columns) > 0:
        return int(columns) - 2
    try:
        return (os.get_terminal_size(sys.__stdout__.fileno()).columns or 80) - 2  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):  # no output, or no terminal
        return 78


class _RawHelpFormatter(_HelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Keeps the lines of the examples as well."""


class _NoColors:
    """A theme in which nothing has a colour."""

    def __getattr__(self, part: str) -> str:
        return ""


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one sentence, with the way to the help."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"formatter_class": _HelpFormatter, **options})

    def _print_message(self, message: str, file: Any = None) -> None:
        (file or sys.stderr).write(message)  # argparse passes over an output that takes nothing

    def error(self, message: str, command: str = "") -> NoReturn:
        from taskmon.core.base.errors import complain
        from taskmon.core.base.text import plain

        wanted = command or self.prog
        complain(f"{plain(message, 500)}. Try “{wanted} --help”.")
        self.exit(2)


class _VersionAction(argparse.Action):
    """Looks the versions up only when they are asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_arguments: object) -> NoReturn:
        from taskmon.cli.version import versions

        print(versions())
        parser.exit()


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Read the words after the program's name. Wrong ones end the program with a sentence."""
    parser = _make_parser(words)
    options, rest = parser.parse_known_args(words)
    # argparse gives a list of folders only the first run of them: in `start checksum A --headless B`, B is left over.
    lists: list[str] = options.lists if options.command == "start" else []
    if rest and (len(lists) != 1 or any(word.startswith("-") for word in rest)):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if rest:
        getattr(options, lists[0]).extend(rest)
    # Not left to argparse, which would miss the number before it says that there is no such option.
    if options.command in ("attach", "detach") and options.pid is None and not getattr(options, "list", False):
        missing = "the number of a process is missing; “taskmon attach --list” tells those of your programs"
        parser.error(missing, f"taskmon {options.command}")
    return options


def _make_parser(words: Sequence[str]) -> _Parser:
    """Make the parser for `words`: of the other commands only the names are needed, for the help."""
    parser = _Parser(
        prog="taskmon",
        description="See every background thread your Python programs run. Each is asked to stop where it has a safe"
        " way to; where it has none, that is said.",
        epilog=_EPILOG,
        formatter_class=_RawHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_VersionAction, nargs=0, help="show the versions and exit")
    commands = parser.add_subparsers(dest="command", title="commands", metavar="COMMAND", prog="taskmon")
    wanted = next((word for word in words if not word.startswith("-")), "")
    for name, (what, fill) in COMMANDS.items():
        command = commands.add_parser(name, help=what, allow_abbrev=False, add_help=name == wanted)
        if name == wanted:
            fill(command)
    return parser


def _start(parser: argparse.ArgumentParser) -> None:
    from taskmon.jobs import BUILTIN_JOBS

    parser.description = "Start a built-in job, in the window or in this terminal."
    parser.epilog = "“taskmon start JOB --help” tells what a job does and what it asks for."
    jobs = parser.add_subparsers(dest="job", title="jobs", metavar="JOB", required=True)
    for job in BUILTIN_JOBS.values():
        _add_job(jobs, job)


def _demo(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Run one worker for each way to be cancelled, and some that make it hard: one is slow to notice,"
        " one never looks, one fails, one does not know how much there is to do."
    )
    parser.add_argument("--headless", action="store_true", help=_HEADLESS_HELP)


def _list(parser: argparse.ArgumentParser) -> None:
    parser.description = "List the tasks of the open window, ended ones too until they are cleared there."
    parser.epilog = "Exit status: 3 if no window is open."
    parser.add_argument("--json", action="store_true", help="as a list of objects; the manual page tells their names")


def _cancel(parser: argparse.ArgumentParser) -> None:
    parser.usage = (
        "taskmon cancel [-h] [--reason TEXT] [--wait]\n"
        "                      (ID [ID ...] [--interrupt | --terminate | --kill] | --group G | --all)"
    )
    parser.description = (
        "Ask tasks of the open window to stop, and tell what that sets. Nothing is asked back. A program"
        " and a process, never a thread, can be sent a signal by its ID instead, at once: a milder one should have had"
        " its time."
    )
    parser.epilog = (
        "Exit status: 1 if one of them cannot be cancelled, or with --wait did not end well; 3 if no window is open."
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("ids", nargs="*", type=int, default=[], metavar="ID", help="what “taskmon list” shows")
    which.add_argument("--group", metavar="G", help="all tasks of a group, or of a program")
    which.add_argument("--all", action="store_true", help="all tasks")
    parser.add_argument("--reason", metavar="TEXT", default="", help="why; it is shown with the tasks and kept")
    parser.add_argument("--wait", action="store_true", help="wait until they have ended")
    how = parser.add_mutually_exclusive_group()
    for option, name, what in (
        ("--interrupt", "SIGINT", "interrupt programs and processes, as Ctrl-C does"),
        ("--terminate", "SIGTERM", "ask them to end with SIGTERM, and what they have started"),
        ("--kill", "SIGKILL", "end them with SIGKILL, and what they have started: they cannot clean up"),
    ):
        how.add_argument(option, dest="signal", action="store_const", const=name, default="", help=what)


def _stacks(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Print where every thread of a program is, what it does, who holds the lock that it waits for, and"
        " how it stops: for bug reports. The program is not stopped for it. Its command line is printed as well."
    )
    parser.epilog = "Exit status: 1 if the window shows no live thread of such a program; 3 if no window is open."
    parser.add_argument("program", metavar="PROGRAM", help="its name or process id, as “taskmon list” shows them")
    parser.add_argument("--json", action="store_true", help="as an object; the manual page tells its names")


def _watch(parser: argparse.ArgumentParser) -> None:
    parser.description = "Show the tasks of the open window in this terminal, until Ctrl-C."


def _dask(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Connect to the scheduler of a Dask cluster and show the tasks of taskmon there in the window, from"
        " whichever program, until Ctrl-C. The tasks go on."
    )
    parser.epilog = (
        "Connecting means trusting that cluster, as with every client of Dask: what it sends is unpickled here."
        " TLS is set up as for any client, by Dask's own configuration. Exit status: 1 if the cluster has gone."
    )
    parser.add_argument("address", metavar="ADDRESS", help="of the scheduler, such as tcp://127.0.0.1:8786")
    parser.add_argument("--all", action="store_true", help="show everything that the cluster has to do")
    parser.add_argument("--no-window", action="store_true", help="do not open the window if it is not open")
    parser.add_argument("--with-window", action="store_true", help="end when the window is closed")


def _process(word: str) -> int:
    """The number of a process. Raises ArgumentTypeError."""
    if word.isascii() and word.isdigit() and int(word) > 0:
        return int(word)
    raise argparse.ArgumentTypeError(
        f"“{word}” is not the number of a process; “taskmon attach --list” tells those of your programs"
    )


def _attach(parser: argparse.ArgumentParser) -> None:
    from taskmon.attach import MEGABYTES_KEPT

    parser.description = (
        "Have a Python program that runs already show its threads, pools and progress bars in the window,"
        " as if it had been started with “taskmon run”. It goes on as it is; nothing of it is restarted. It loads some"
        f" modules of taskmon, about {MEGABYTES_KEPT} MB once a window has shown it, which stay in it until it ends."
        " Python 3.14 on Linux can be attached to; 3.8"
        " to 3.13 can be looked at from outside, with nothing to cancel, if py-spy is installed."
    )
    parser.epilog = "Exit status: 2 if the program was left alone, with the reason on the standard error."
    which = parser.add_mutually_exclusive_group()
    which.add_argument("pid", nargs="?", type=_process, metavar="PID", help="its process")
    which.add_argument("--list", action="store_true", help="list your Python programs, and what can be done with each")
    parser.add_argument("--json", action="store_true", help="as objects; the manual page tells their names")
    parser.add_argument(
        "--wait",
        action="store_true",
        help="if it runs no Python code at this moment, wait until it does; Ctrl-C withdraws",
    )
    parser.add_argument("--wake", action="store_true", help=_WAKE_HELP)
    parser.add_argument("--look", action="store_true", help="only look at it from outside, with py-spy")
    parser.add_argument("--no-window", action="store_true", help="do not open the window if it is not open")
    parser.add_argument("--library-threads", action="store_true", help="list the threads of libraries as well")


def _detach(parser: argparse.ArgumentParser) -> None:
    parser.description = "Let a program go that was attached to: it goes on, without taskmon."
    parser.epilog = "Exit status: 2 if that was not possible, with the reason on the standard error."
    parser.add_argument("pid", nargs="?", type=_process, metavar="PID", help="its process")
    parser.add_argument("--json", action="store_true", help="as an object; the manual page tells its names")
    parser.add_argument("--wait", action="store_true", help="wait until it runs Python code; Ctrl-C withdraws")
    parser.add_argument("--wake", action="store_true", help=_WAKE_HELP)


#: What each command is for, and what adds its options, in the order of the help.
COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "start": ("start a built-in job", _start),
    "demo": ("run one worker for each way to be cancelled", _demo),
    "run": ("run a Python program and watch its threads", lambda _: None),  # not for argparse: see `main`
    "list": ("list the tasks of the open window", _list),
    "cancel": ("ask tasks of the open window to stop", _cancel),
    "stacks": ("print the stacks of a program that the window shows", _stacks),
    "watch": ("show the tasks of the open window in this terminal", _watch),
    "dask": ("show the tasks of a Dask cluster in the window", _dask),
    "attach": ("watch a Python program that runs already", _attach),
    "detach": ("let a program go that was attached to", _detach),
}


def _add_job(jobs: Any, job: JobType) -> None:
    from taskmon.jobs import ParameterKind

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
    from taskmon.jobs import ParameterKind

    text = _escaped(parameter.help)
    metavar = parameter.metavar or parameter.name.upper()
    if parameter.kind is ParameterKind.FOLDERS:
        # What is missing is told by JobType.bind, which also knows when it may be.
        parser.add_argument(parameter.name, nargs="*", metavar=metavar, help=text)
        return
    option = "--" + parameter.name.replace("_", "-")
    if parameter.kind is ParameterKind.CHOICE:
        text = f"one of {', '.join(parameter.choices)}; {text}" if text else f"one of {', '.join(parameter.choices)}"
        parser.add_argument(option, dest=parameter.name, metavar="NAME", help=text)
    else:
        parser.add_argument(option, dest=parameter.name, metavar=metavar, help=text)


class _JobHelpFormatter(_RawHelpFormatter):
    """Wraps the description and keeps the lines of the examples."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" in text:
            return super()._fill_text(text, width, indent)
        return argparse.HelpFormatter._fill_text(self, text, width, indent)


def _escaped(text: str) -> str:
    return text.replace("%", "%%")  # argparse formats its texts with %
