"""What Qt's platform without a screen says on the standard error, and nobody needs."""

from __future__ import annotations


def without_notes(said: str) -> str:
    """Return what was said, without the lines on what the platform cannot do; newer versions of Qt print them."""
    lines = said.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("This plugin does not support "))
