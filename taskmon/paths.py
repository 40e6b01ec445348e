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
