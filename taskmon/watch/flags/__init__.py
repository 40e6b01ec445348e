"""The stop flag of a thread that knows nothing of taskmon: found by reading its code, set only when it is sure.

A walk through the rooms. Each imports only from those below it.

=========== ====================================================================================================
find        `find_stop`: from a Target to a Finding
follow      what may be done when a thread was asked and does not end
plans       what a cancel does at the click
sentinels   queues that end their consumers
judge       what forbids a flag, what speaks for it, and whether that is enough
evidence    who in the program writes a flag, from where, and who else looks at it
survey      the loops of a thread in order, and the flags that their tests hang on
conditions  what a test comes down to, through `not`, properties, short methods and local copies
calls       what a call in the source leads to, through partials, bound methods and wrappers
scope       which live object an expression of the source stands for
bindings    which names a function binds, and to what
writers     who writes which name in a file, and what runs in threads
loops       the loops of a function, and the ways out of them
source      the source of a function, confirmed by its bytecode
places      where a boolean lives, to read it and to set it
names       what names say
whose       whether code is the program's or a library's
peek        looking at objects without running any of their code
finding     what is handed out: Target, Finding, Offer, Applied
=========== ====================================================================================================
"""

from taskmon.watch.flags.find import find_stop
from taskmon.watch.flags.finding import ADVICE, Applied, Finding, Offer, Target
from taskmon.watch.flags.follow import follow_up
from taskmon.watch.flags.source import remember

__all__ = ["ADVICE", "Applied", "Finding", "Offer", "Target", "find_stop", "follow_up", "remember"]
