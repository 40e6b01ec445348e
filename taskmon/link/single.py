"""One window for each user: a second start raises the first, which takes over what was asked for."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Final

from taskmon.core.errors import TaskmonError
from taskmon.link.channel import ChannelError, Claim

#: How long a window may take from its claim to its first answer, in seconds: it loads Qt meanwhile.
_PATIENCE: Final = 30.0
_PAUSE: Final = 0.05


def arrive(
    start: Sequence[tuple[str, Mapping[str, object]]] = (), *, demo: bool = False, patience: float = _PATIENCE
) -> tuple[Claim | None, bool]:
    """Claim the place of the window, or hand over to the one that has it.

    Returns:
        The claim, or None where other programs cannot be shown in a window of this process; and whether all has been
        handed over, so that none is to be opened.
    """
    end = time.monotonic() + patience
    while True:
        try:
            claim = Claim.take()
        except ChannelError:
            return None, False
        if claim is not None:
            return claim, False
        from taskmon.link.asking import NoWindowError, Window

        try:
            with Window() as window:
                return None, not window.present(start, demo=demo)
        except NoWindowError:  # it has just begun, or is about to end
            if time.monotonic() >= end:
                return None, False
        except TaskmonError:  # it has been stopped: a window of one's own is of more use than none
            return None, False
        threading.Event().wait(_PAUSE)
