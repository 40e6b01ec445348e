"""The watched program's side: tasks made of the threads, pools and progress bars of a program that knows nothing of it.

All of this runs inside somebody else's program, in its interpreter and its environment, on the standard library
alone. Three rules follow. The program must not notice: no frame of ours in its tracebacks, no thread in its
``threading.enumerate()``, no name in its ``sys.modules``. It must not pay: hooks do next to nothing, and a *look*, a
few times a second and only while somebody watches, finds out the rest. And it must not suffer: a hook that fails is
taken out, and what it would have shown is missing, nothing else.
"""
