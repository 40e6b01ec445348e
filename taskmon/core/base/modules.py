"""What other modules hold, of which the program may have put something else into their place."""

from __future__ import annotations

import sys
from typing import Any

_Module = type(sys)


def attribute_of(module: str, name: str, default: Any = None) -> Any:
    """Return what a module that has been imported has under a name; `default` if it is not there.

    Anything may stand in ``sys.modules``: a test's stand-in, or a module that is loaded when it is first asked. Of what
    is no plain module nothing is asked, for that may run the program's code in a thread of ours.
    """
    found = sys.modules.get(module)
    return vars(found).get(name, default) if type(found) is _Module else default
