"""Where things are on this machine."""

from __future__ import annotations

import os
import stat
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any, Final

    PACKAGE: Path
    """The folder of the package itself."""

#: The longest path that a local socket can have, in bytes; the shortest limit of all systems is that of macOS.
LONGEST_SOCKET_PATH: Final = 103
_LONGEST_NAME: Final = len("/window.sock")


def __getattr__(name: str) -> Any:
    if name != "PACKAGE":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pathlib import Path  # not for a watched program, which needs but one path from here

    return globals().setdefault(name, Path(__file__).resolve().parent)


def resource(name: str) -> Path:
    """Return the path of a file that is shipped with taskmon, such as ``icons/taskmon.svg``.

    In a wheel and in a bundle the resources lie inside the package, in a checkout (and so in an editable install)
    beside it.
    """
    package: Path = __getattr__("PACKAGE")
    inside = package / "resources" / name
    return inside if inside.exists() else package.parent / "resources" / name


def itself() -> list[str]:
    """Return the command line that starts this taskmon, wherever it lies, to be followed by its words.

    Neither what lies in the folder that it is started in is executed, nor what PYTHONPATH names: those are for the
    programs. Python's own ``-m`` loads a dozen modules by way of both before it comes to ours.
    """
    if getattr(sys, "frozen", False):
        return [sys.executable]
    package: Path = __getattr__("PACKAGE")
    return [sys.executable, "-P", "-c", _CODE.format(folder=str(package.parent))]


_CODE: Final = (
    "import sys; sys.path.append({folder!r}); sys.argv[0] = 'taskmon'; "
    "from taskmon.cli.main import main; sys.exit(main())"
)


def config_folder() -> Path | None:
    """Return the folder for the user's settings, which need not exist; None if there is no home folder.

    ``$TASKMON_CONFIG_DIR``, if that is set; else where the system keeps such things.
    """
    return _folder("TASKMON_CONFIG_DIR", "XDG_CONFIG_HOME", "~/.config", "user_config_path")


def data_folder() -> Path:
    """Return the folder for what taskmon keeps, such as its history. Not made here.

    ``$TASKMON_DATA_DIR``, if that is set; else where the system keeps such things.

    Raises:
        OSError: the user has no home folder, so nothing can be kept.
    """
    folder = _folder("TASKMON_DATA_DIR", "XDG_DATA_HOME", "~/.local/share", "user_data_path")
    if folder is None:
        raise FileNotFoundError("there is no home folder")
    return folder


def _folder(own: str, xdg: str, usual: str, elsewhere: str) -> Path | None:
    """Where our own variable says, or that of XDG, or the `usual` place; None if neither HOME nor the system knows one.

    On other systems, what platformdirs calls `elsewhere`. On Linux it would say the same, and take 10 ms to load.
    """
    from pathlib import Path

    asked = os.environ.get(own, "")
    if asked:
        return Path(asked).absolute()
    if sys.platform.startswith("linux"):
        base = os.environ.get(xdg, "").strip()
        folder = Path(base if os.path.isabs(base) else os.path.expanduser(usual), "taskmon")
    else:
        import platformdirs

        folder = getattr(platformdirs, elsewhere)("taskmon", appauthor=False)
    return folder if folder.is_absolute() else None  # "~" that leads nowhere


_runtime_folder = ""


def use_runtime_folder(folder: str) -> None:
    """Meet there, whatever the environment says: that of a program that was attached to is not the window's."""
    global _runtime_folder
    _runtime_folder = folder


def runtime_folder() -> str:
    """Return the folder where the window and the programs that it shows find each other. It need not exist.

    A function of the environment alone, so that both come to the same answer: ``$TASKMON_RUNTIME_DIR``, else
    ``taskmon`` in ``$XDG_RUNTIME_DIR`` or, for programs that were started without a session, in ``/run/user/UID``, else
    ``/tmp/taskmon-UID``. A place that is too deep for a socket, or not one's own, is passed over.
    """
    asked = _runtime_folder or os.environ.get("TASKMON_RUNTIME_DIR", "")
    if asked:
        return os.path.abspath(asked)
    user = os.getuid() if hasattr(os, "getuid") else 0
    for base in (os.environ.get("XDG_RUNTIME_DIR", ""), f"/run/user/{user}"):
        folder = os.path.join(base, "taskmon")
        if os.path.isabs(base) and len(os.fsencode(folder)) + _LONGEST_NAME <= LONGEST_SOCKET_PATH and _is_own(base):
            return folder
    return f"/tmp/taskmon-{user}"


def _is_own(folder: str) -> bool:
    try:
        found = os.stat(folder)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and (not hasattr(os, "getuid") or found.st_uid == os.getuid())
