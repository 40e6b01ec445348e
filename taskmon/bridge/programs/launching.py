"""One program from its start to its end, in a thread that waits for it. No Qt."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Final, NamedTuple

from taskmon.core.base.errors import TaskmonError
from taskmon.core.base.text import plain
from taskmon.core.base.translate import tr

#: How much of what a program says on its standard error is kept, in bytes, and how often that is looked at, in seconds.
_MOST_SAID: Final = 1_000_000
_LOOK_EVERY: Final = 60.0
_LAST_WORDS: Final = 4_000
#: Python takes these whatever they contain.
_PYTHON_FILES: Final = (".py", ".pyw", ".pyz")
_CODE: Final = (
    "import sys; sys.path.append({folder!r}); from taskmon.cli.main import main; sys.exit(main(sys.argv[1:]))"
)


class Launch(NamedTuple):
    """What is started; see `taskmon.bridge.programs.programs.ProgramRequest`."""

    script: str
    arguments: tuple[str, ...] = ()
    interpreter: str = ""
    folder: str = ""
    environment: Mapping[str, str] = {}


class ClusterLaunch(NamedTuple):
    """A connection to a cluster; see `taskmon.bridge.programs.programs.ClusterRequest`."""

    address: str
    everything: bool = False


def command(job: Launch | ClusterLaunch) -> list[str]:
    """Return the command line: ``taskmon run`` or ``taskmon dask``, as found by this very taskmon."""
    if isinstance(job, ClusterLaunch):
        everything = ["--all"] if job.everything else []
        return [*itself(), "dask", "--no-window", "--with-window", *everything, "--", job.address]
    options = ["run", "--no-window"]
    if job.interpreter:
        options += ["--python", job.interpreter]
    elif not job.script.endswith(_PYTHON_FILES):
        options.append("--")  # whatever it is, it is run as what it is
    return [*itself(), *options, job.script, *job.arguments]


def is_command_name(script: str) -> bool:
    """Whether what a user has named is a command, to be found where commands are, and no file that lies here."""
    return not os.path.dirname(script) and not script.endswith(_PYTHON_FILES)


def itself() -> list[str]:
    """Return the command line that starts this taskmon, wherever it lies."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    # Not -m: it would look in the program's folder first, and whatever is called taskmon there is not this one.
    package = Path(__file__).resolve().parents[2]
    return [sys.executable, "-P", "-c", _CODE.format(folder=str(package.parent))]


def launch(job: Launch | ClusterLaunch, started: Callable[[int], object]) -> tuple[int, str]:
    """Start a program, call ``started(pid)``, wait for its end; return its status and the last of its standard error.

    It gets a session of its own, so that neither Ctrl-C nor the end of the window reaches it, and nothing to read.

    Raises:
        TaskmonError: it could not be started.
    """
    if isinstance(job, ClusterLaunch):
        return _run(job, job.address, None, {}, started)
    title = tr("The program was not started")
    if is_command_name(job.script):
        if shutil.which(job.script, path={**os.environ, **job.environment}.get("PATH")) is None:
            raise TaskmonError(title, tr("There is no command “{name}”.").format(name=plain(job.script)))
    elif not os.path.isfile(job.script):
        raise TaskmonError(title, tr("There is no file “{path}”.").format(path=plain(job.script)))
    folder = job.folder or os.path.dirname(job.script) or os.path.expanduser("~")
    if not os.path.isdir(folder):
        raise TaskmonError(title, tr("There is no folder “{path}” to run it in.").format(path=plain(folder)))
    return _run(job, job.script, folder, job.environment, started)


def _run(
    job: Launch | ClusterLaunch,
    what: str,
    folder: str | None,
    environment: Mapping[str, str],
    started: Callable[[int], object],
) -> tuple[int, str]:
    # A file rather than a pipe: a program that outlives the window must still have somewhere to write to.
    with tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(
                command(job),
                cwd=folder,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=_appending(said),
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            reason = plain(f"{what}: {getattr(error, 'strerror', None) or error}")
            raise TaskmonError(tr("The program was not started"), reason) from error
        started(process.pid)
        _wait(process, said)
        size = os.fstat(said.fileno()).st_size
        said.seek(max(0, size - _LAST_WORDS))
        return process.returncode, said.read(_LAST_WORDS).decode("utf-8", "replace").strip()


def _appending(said: IO[bytes]) -> int:
    """Have writes go to the end, wherever that is by then: the file is emptied while the program writes."""
    try:
        import fcntl
    except ImportError:
        return said.fileno()
    flags = fcntl.fcntl(said.fileno(), fcntl.F_GETFL)
    fcntl.fcntl(said.fileno(), fcntl.F_SETFL, flags | os.O_APPEND)
    return said.fileno()


def _wait(process: subprocess.Popen[bytes], said: IO[bytes]) -> None:
    """Wait for the end of a program; meanwhile keep what it says from filling the disk."""
    import select

    try:
        descriptor = os.pidfd_open(process.pid)
    except (AttributeError, OSError):  # another system, or an old kernel
        process.wait()
        return
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        while not poll.poll(_LOOK_EVERY * 1000):
            if os.fstat(said.fileno()).st_size > _MOST_SAID:
                os.ftruncate(said.fileno(), 0)
    finally:
        os.close(descriptor)
    process.wait()
