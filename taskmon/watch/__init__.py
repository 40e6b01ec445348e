"""The watched program's side: tasks made of the threads, pools and progress bars of a program that knows nothing of it.

All of this runs inside somebody else's program, in its interpreter and its environment, on the standard library
alone. Three rules follow. The program must not notice: no frame of ours in its tracebacks, no thread in its
``threading.enumerate()``, no name in its ``sys.modules``. It must not pay: hooks do next to nothing, and a *look*, a
few times a second and only while somebody watches, finds out the rest. And it must not suffer: a hook that fails is
taken out, and what it would have shown is missing, nothing else.

========= ==============================================================================================
command   ``taskmon run``: reading the command line, and becoming that program
entry     the module that Python itself loads first in the program
start     putting the hooks in place
hooks     replacing a function of somebody else so that it can be put back; waiting for a module to be imported
agent     the thread of ours in the program: looks, and takes requests
board     the tasks that can be seen, and who is told about them
rows      one such task; what is found of threads, pools, coroutines and bars is kept in `*_rows`
looking   one look at all of them, in order
loops     counting and stopping a loop between two items, without a line of Python in between
ownership the program's own code, told from that of libraries
started   what of the installed code is the program, because it was started from it
forks     what our threads would change about a fork
output    what the program prints, as lines of its log
flags     the stop flag of a thread, found by reading its code
========= ==============================================================================================
"""
