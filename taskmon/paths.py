"""Where things are on this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parent


def resource(name: str) -> Path:
    """Return the path of a file that is shipped with taskmon, such as ``icons/taskmon.svg``.

    In a wheel and in a bundle the resources lie inside the package, in a checkout (and so in an editable install)
    beside it.
    """
    inside = _PACKAGE / "resources" / name
    return inside if inside.exists() else _PACKAGE.parent / "resources" / name


def config_folder() -> Path | None:
    """Return the folder for the user's settings, which need not exist; None if there is no home folder.

    ``$TASKMON_CONFIG_DIR``, if that is set; else where the system keeps such things.
    """
    asked = os.environ.get("TASKMON_CONFIG_DIR", "")
    if asked:
        return Path(asked).absolute()
    if sys.platform.startswith("linux"):  # as platformdirs says, which takes 10 ms to load, and this is on the way up
        base = os.environ.get("XDG_CONFIG_HOME", "").strip()
        folder = Path(base if os.path.isabs(base) else os.path.expanduser("~/.config"), "taskmon")
    else:
        from platformdirs import user_config_path

        folder = user_config_path("taskmon", appauthor=False)
    return folder if folder.is_absolute() else None
