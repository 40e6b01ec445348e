"""The stop flag of a thread that knows nothing of taskmon: found by reading its code, set only when it is sure.

A flag is what a thread's loop reads and whose setting ends that thread's work and nothing else. Three things are asked,
of the source and of the live objects: what the loop hangs on (`survey`), what the thread does after it (`aftermath`),
and who else in the program sets it, looks at it or waits for it (`evidence`). `judge` weighs them, `plans` acts.
"""

from taskmon.watch.flags.escalation import follow_up
from taskmon.watch.flags.finding import ADVICE, Applied, Finding, Offer, Target
from taskmon.watch.flags.search import Search, find_stop
from taskmon.watch.flags.source import remember

__all__ = ["ADVICE", "Applied", "Finding", "Offer", "Search", "Target", "find_stop", "follow_up", "remember"]
