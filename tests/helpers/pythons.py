"""What some Pythons cannot do, through no fault of ours."""

from __future__ import annotations

import sys

import pytest

#: From 3.12.2 on, a thread can be started until the last that is not a daemon has ended, as up to 3.11.
starts_threads_until_the_end = pytest.mark.skipif(
    (3, 12) <= sys.version_info < (3, 12, 2),
    reason="Python 3.12.0 and 3.12.1 start no thread once the main thread is at its end",
)
