"""What a judgement stood on beside the thread's own work, kept to be compared at the click.

To look anew at a program costs some milliseconds, and among busy threads several turns of all of them: the more of them
there are, the later came the flag. So what was found at the last look is used if all it stood on is as it was, which a
fraction of a millisecond tells, without once letting go of the interpreter. What the thread itself runs is read anew
each time, see `taskmon.watch.flags.plans.FlagPlan`. Of the rest, a judgement reads

- the program's functions: their code stays what it is, but more of them come with new modules, and with new names in
  the module that the thread's function is of;
- its threads, and what they are in: who is new, or has come to another place of the program, may look at the flag or
  wait for the thread. Who has left does neither, so that fewer are no objection;
- what the main thread is in, which may be waiting for the flag;
- which objects hold which others. That is settled once a program has set up its work: so of what was found while a
  thread was young, the main thread must still be at the very line where it was.

If any of these is not what it was, or in doubt, the click looks anew.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from taskmon.watch.flags import inspect_safely
from taskmon.watch.flags.program import Program, main_lines, numbers_of_threads, running_codes

if TYPE_CHECKING:
    from types import CodeType


class Footing:
    """What was so when a program was judged. It keeps code alive, and nothing else of the program's."""

    __slots__ = ("_main", "_modules", "_running", "_size", "_threads")

    def __init__(self, program: Program, names: dict[str, Any]) -> None:
        """Note what `program` was judged by, for a function of the module with these `names`."""
        self._modules = program.modules_loaded
        self._size = len(names)
        self._threads = program.threads
        self._running = program.running
        self._main = program.main_lines

    def holds(self, names: dict[str, Any], *, settled: bool) -> bool:
        """Whether nothing has come since that could have been judged otherwise. Any thread.

        Args:
            names: of the module of the thread's function.
            settled: whether the thread had been running for some time when it was judged.
        """
        main = main_lines()
        return (
            len(sys.modules) == self._modules
            and len(names) == self._size
            and numbers_of_threads() <= self._threads
            and (main.keys() <= self._main.keys() if settled else main == self._main)
            and all(self._knows(code) for code in running_codes().values())
        )

    def _knows(self, code: CodeType) -> bool:
        if id(code) in self._running:
            return True
        return code.co_name not in _WAITING and not inspect_safely.is_programs(code)


#: Functions of Python's own by which somebody waits for a thread or for what a call returns.
_WAITING: Final = frozenset({"join", "result", "as_completed", "result_iterator"})
