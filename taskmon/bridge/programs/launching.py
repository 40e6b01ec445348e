"""What can be started, and one such program from its start to its end, in a thread that waits for it. No Qt."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Callable, Iterable
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple

from taskmon.core.base.errors import TaskmonError
from taskmon.core.base.text import plain
from taskmon.core.base.translate import tr
from taskmon.paths import itself

if TYPE_CHECKING:
    import subprocess

#: How much of what a program says on its standard error is kept, in bytes, and how often that is looked at, in seconds.
_MOST_SAID: Final = 1_000_000
_LOOK_EVERY: Final = 60.0
_LAST_WORDS: Final = 4_000
#: Python takes these whatever they contain.
_PYTHON_FILES: Final = (".py", ".pyw", ".pyz")
#: Variables whose values are not kept: what they hold is nobody's but the program's.
_SECRET: Final = re.compile(r"KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH", re.IGNORECASE)


class ProgramRequest(NamedTuple):
    """A Python program or a command, and how to run it."""

    script: str
    """An absolute path, or the bare name of a command."""
    arguments: tuple[str, ...] = ()
    interpreter: str = ""
    """A path or a name; empty for the one that taskmon finds by itself."""
    folder: str = ""
    """Its working folder; empty for that of the script, or the user's own for a command."""
    environment: tuple[tuple[str, str], ...] = ()
    """Variables added to those of taskmon."""

    @property
    def name(self) -> str:
        """What its user would call it."""
        return os.path.basename(self.script)

    @property
    def incomplete(self) -> bool:
        """Whether a value is missing that was not kept, because it looked like a secret."""
        return any(not value and _SECRET.search(name) for name, value in self.environment)

    @classmethod
    def parse(
        cls, script: str, arguments: str = "", interpreter: str = "", folder: str = "", environment: str = ""
    ) -> ProgramRequest:
        """Make one from what a user has typed. Looks at no disk.

        Raises:
            TaskmonError: it makes no sense; the message says what.
        """
        title = tr("The program was not started")
        script = os.path.expanduser(script.strip())
        if not script:
            raise TaskmonError(title, tr("Program: nothing was given. Choose a Python file, or name a command."))
        try:
            words = tuple(shlex.split(arguments))
        except ValueError:
            raise TaskmonError(title, tr("Arguments: a quotation mark is missing its partner.")) from None
        pairs: list[tuple[str, str]] = []
        for line in environment.splitlines():
            name, equals, value = line.strip().partition("=")
            if not name and not equals:
                continue
            if not equals or not name.strip():
                shown = plain(line.strip(), 60)
                raise TaskmonError(title, tr("Environment: “{line}” is not NAME=value.").format(line=shown))
            pairs.append((name.strip(), value))
        made = cls(
            script if is_command_name(script) else os.path.abspath(script),
            words,
            interpreter.strip(),
            os.path.expanduser(folder.strip()),
            tuple(pairs),
        )
        if any("\0" in word for word in (made.script, *words, made.interpreter, made.folder, *(v for _, v in pairs))):
            raise TaskmonError(title, tr("A NUL character cannot be given to a program."))
        return made

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON knows it, without the values of variables that look like secrets."""
        kept = [[name, "" if _SECRET.search(name) else value] for name, value in self.environment]
        return {**self._asdict(), "arguments": list(self.arguments), "environment": kept}

    @classmethod
    def from_json(cls, told: object) -> ProgramRequest | None:
        """Return what `to_json` told; None if it makes no sense."""
        try:
            given = dict(told)  # type: ignore[call-overload]
            environment = tuple((str(name), str(value)) for name, value in given.pop("environment", ()))
            arguments = tuple(map(str, given.pop("arguments", ())))
            texts = {name: value for name, value in given.items() if name in cls._fields and isinstance(value, str)}
            return cls(**texts, arguments=arguments, environment=environment) if texts.get("script") else None
        except (TypeError, ValueError):
            return None


class ClusterRequest(NamedTuple):
    """A cluster of Dask to connect to."""

    address: str
    """Where its scheduler listens."""
    everything: bool = False
    """Whether to show what is no task of taskmon as well."""

    @property
    def name(self) -> str:
        """What its user would call it."""
        return self.address

    @classmethod
    def parse(cls, address: str, *, everything: bool = False) -> ClusterRequest:
        """Make one from what a user has typed.

        Raises:
            TaskmonError: it makes no sense; the message says what.
        """
        title = tr("Not connected")
        address = address.strip()
        if not address:
            raise TaskmonError(title, tr("Scheduler: nothing was given, such as tcp://127.0.0.1:8786."))
        if "\0" in address or address.split() != [address]:
            raise TaskmonError(title, tr("Scheduler: an address has no spaces in it."))
        return cls(address, everything)


Request = ProgramRequest | ClusterRequest


def command(request: Request) -> list[str]:
    """Return the command line: ``taskmon run`` or ``taskmon dask``, as found by this very taskmon."""
    if isinstance(request, ClusterRequest):
        everything = ["--all"] if request.everything else []
        return [*itself(), "dask", "--no-window", "--with-window", *everything, "--", request.address]
    options = ["run", "--no-window"]
    if request.interpreter:
        options += ["--python", request.interpreter]
    elif not request.script.endswith(_PYTHON_FILES):
        options.append("--")  # whatever it is, it is run as what it is
    return [*itself(), *options, request.script, *request.arguments]


def is_command_name(script: str) -> bool:
    """Whether what a user has named is a command, to be found where commands are, and no file that lies here."""
    return not os.path.dirname(script) and not script.endswith(_PYTHON_FILES)


def check(request: ProgramRequest) -> str:
    """Look whether there is what a program needs to be started; return the folder to run it in.

    Raises:
        TaskmonError: there is not; the message says what is missing.
    """
    title = tr("The program was not started")
    if is_command_name(request.script):
        if shutil.which(request.script, path={**os.environ, **dict(request.environment)}.get("PATH")) is None:
            raise TaskmonError(title, tr("There is no command “{name}”.").format(name=plain(request.script)))
    elif not os.path.isfile(request.script):
        raise TaskmonError(title, tr("There is no file “{path}”.").format(path=plain(request.script)))
    folder = request.folder or os.path.dirname(request.script) or os.path.expanduser("~")
    if not os.path.isdir(folder):
        raise TaskmonError(title, tr("There is no folder “{path}” to run it in.").format(path=plain(folder)))
    return folder


def launch(request: Request, started: Callable[[int], object]) -> tuple[int, str]:
    """Start a program, call ``started(pid)``, wait for its end; return its status and the last of its standard error.

    It gets a session of its own, so that neither Ctrl-C nor the end of the window reaches it, and nothing to read.

    Raises:
        TaskmonError: it could not be started.
    """
    if isinstance(request, ClusterRequest):
        return _run(request, request.address, None, (), started)
    folder = check(request)
    return _run(request, request.script, folder, request.environment, started)


def _run(
    request: Request,
    what: str,
    folder: str | None,
    environment: Iterable[tuple[str, str]],
    started: Callable[[int], object],
) -> tuple[int, str]:
    import subprocess
    import tempfile

    # A file rather than a pipe: a program that outlives the window must still have somewhere to write to.
    with tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(
                command(request),
                cwd=folder,
                env={**os.environ, **dict(environment)},
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
