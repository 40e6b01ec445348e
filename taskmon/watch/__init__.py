"""Makes tasks of the threads, executors and progress bars of a program that knows nothing of taskmon.

Standard library only: it is loaded into the watched program's own interpreter.
"""
