"""The way into a Python that already runs, on Linux. Standard library only; no Qt.

Two rules stand above all others. A program that cannot be attached to without doubt is left alone, and told why in one
sentence with the way out. And whatever happens to us in the middle of it, the program goes on: its threads are frozen
only by what the kernel undoes at our end, its memory is written in three places that its Python has for this very
purpose, and what it is to load are our installed files, which check for themselves whether somebody still waits.

=========== ===========================================================================================
attach      asking a program, waiting for its answer, and asking it to let go
programs    this user's Python programs, and what can be done with each: no line of theirs is run for it
look        looking at a Python that cannot be attached to, from outside, by means of py-spy
request     the note that tells a program what is wanted, and its answer
interpreter where a process keeps its Python: its version, its threads, and how a thread is asked
freezing    stopping the threads of a process for a moment
waking      ending a system call in which a thread waits, so that it looks up
process     what the system tells of a process
refusals    why something cannot be done, and what would help
begin       what the program executes: it is the only file here that is ever loaded into it
=========== ===========================================================================================
"""

from typing import Final

#: Megabytes that a program holds more once a window has shown it, and after a detach until it ends: modules of taskmon,
#: and copies of its own of Python's. Where no window has looked, it is a third of that.
MEGABYTES_KEPT: Final = 18
