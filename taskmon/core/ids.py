"""The numbers of tasks."""

from __future__ import annotations

import itertools
import threading
from typing import Final

_ids: Final = itertools.count(1)
_lock: Final = threading.Lock()


def new_task_id() -> int:
    """Return a number that no other task of this process has had. Any thread."""
    with _lock:  # without the interpreter's own lock, next() is not atomic
        return next(_ids)
