"""Code that passes for an installed library's."""

from __future__ import annotations

import sysconfig
import textwrap
from pathlib import Path
from typing import Any


def library(name: str, text: str, **names: Any) -> dict[str, Any]:
    """Run a module's text as if it were installed under that name, with `names` in it; return what it defines."""
    file = Path(sysconfig.get_paths()["purelib"]) / name / "__init__.py"
    module: dict[str, Any] = {"__name__": name, **names}
    exec(compile(textwrap.dedent(text), str(file), "exec"), module)
    return module
