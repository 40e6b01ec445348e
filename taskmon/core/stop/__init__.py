"""Asking a thread to stop: who asks (`StopSource`), who looks (`StopToken`), and why (`StopReason`).

A thread cannot be stopped from outside without corrupting what it holds, so it is *asked*, and leaves by
itself at its next check. The words and the edge cases are those of .NET's ``CancellationToken`` and of C++20's
``std::stop_token``; a token also has `is_set()` and `wait(timeout)`, so that it passes wherever code
expects a `threading.Event`.

What holds, whatever races:

* The first request wins; every later one returns False and changes nothing.
* A callback runs at most once. Either its `Registration.unregister()` returned True, or it ran.
* Callbacks run outside every lock, newest first, in the thread that asked. One that raises harms no other.
* A linked source stops with any of its parents, never the other way round, and leaves nothing behind on them.
* A token that has stopped stays stopped.
"""

from taskmon.core.stop.reason import StopKind, StopReason
from taskmon.core.stop.source import StopSource
from taskmon.core.stop.token import Dispatch, StopOwner, StopToken

__all__ = ["Dispatch", "StopKind", "StopOwner", "StopReason", "StopSource", "StopToken"]
