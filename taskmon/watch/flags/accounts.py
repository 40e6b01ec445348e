"""Who calls what of an object that threads share: a queue, an Event, a semaphore."""

from __future__ import annotations

import ast
import types
from typing import Any

from taskmon.watch.flags import inspect_safely, uses
from taskmon.watch.flags.conditions import EVENT, Atom
from taskmon.watch.flags.program import Program, Unit, frames_of_others
from taskmon.watch.flags.scope import Scope, Seen
from taskmon.watch.flags.survey import Survey
from taskmon.watch.flags.uses import Finder


class Account(Finder):
    """All calls of an object's methods that the program's functions are seen to make.

    Args:
        shared: the object.
        words: what the code calls it.
        survey: the thread's work.
        program: where to look.
        holder: in an attribute of which it is kept, if that is known: nobody follows a library's objects otherwise.
    """

    def __init__(self, shared: Any, words: str, survey: Survey, program: Program, holder: Any = None) -> None:
        scope = survey.passages[0].scope
        #: (the method's name, the function it is called in, the call itself, or None if it is only named).
        self.calls: list[tuple[str, Unit, ast.Call | None]] = []
        super().__init__(Atom(EVENT, Seen(shared, None, words), True, scope), survey, program)
        self.names |= {words.rpartition(".")[2], *program.names_of(shared)}
        if holder is not None:
            self._kept_by = [*self._holders(), holder]
        for frame in frames_of_others().values():  # those who were handed it, by a way that is not seen
            inner: types.FrameType | None = frame
            while inner is not None:
                if inspect_safely.is_programs(inner.f_code):
                    for name, value in Scope.running(inner).items():
                        if value is shared:
                            self.alias(inner.f_code, name)
                inner = inner.f_back
        self.run()

    def method(self, unit: Unit, node: ast.AST, method: ast.Attribute, call: ast.Call | None, certainty: int) -> None:
        """A method of the object is used."""
        del node
        if certainty != uses.NO:
            self.calls.append((method.attr, unit, call))
