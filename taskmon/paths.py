"""Where things are on this machine."""

from __future__ import annotations

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


def data_folder() -> Path:
    """Return the folder for what taskmon keeps, such as its history. Not made here.

    Raises:
        OSError: the user has no home folder, so nothing can be kept.
    """
    from platformdirs import user_data_path  # slow to load, and not on the way to the first frame

    folder = user_data_path("taskmon", appauthor=False)
    if not folder.is_absolute():  # "~" that leads nowhere: neither HOME nor the user database knows a home
        raise FileNotFoundError("there is no home folder")
    return folder
