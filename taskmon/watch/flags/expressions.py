"""What the expressions of any function of the program may stand for, seen from one object: the flag, or who keeps it.

Of a method that does not run, `self` is each object that it may be called on, those first that have to do with the one
that is looked for. What is not known is None or UNKNOWN: then a name decides, if anything does.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Iterator
from typing import Any, Final

from taskmon.watch.flags import inspect_safely, source
from taskmon.watch.flags.inspect_safely import UNKNOWN
from taskmon.watch.flags.program import Program, Unit, functions_behind, knows, names_used
from taskmon.watch.flags.readings import Reading, loop_variables, mangled, reading_of
from taskmon.watch.flags.scope import Scope, Seen, Super
from taskmon.watch.flags.survey import Survey


class Expressions:
    """The program's expressions, for one search. `target`: the object that is looked for; None if there is none."""

    def __init__(self, target: Any, survey: Survey, program: Program) -> None:
        self._target, self._survey, self._program = target, survey, program
        self._scopes: dict[int, list[Scope]] = {}
        self._callers: dict[int, list[Unit]] = {}
        self._related: dict[tuple[int, int], bool] = {}

    def class_of_name(self, unit: Unit, expr: ast.Name, reading: Reading | None) -> Any:
        """The class of a variable's value: of `self`, by an annotation or the call that made it. Or UNKNOWN."""
        if reading is None or unit.is_top:
            return UNKNOWN
        code = unit.code
        if (
            reading.class_name
            and code.co_argcount
            and expr.id == code.co_varnames[0]
            and isinstance(reading.tree, ast.FunctionDef)
        ):
            return self._class_named(unit, reading.class_name)
        if expr.id in code.co_freevars and reading.class_name and expr.id == "self":
            return self._class_named(unit, reading.class_name)
        if isinstance(reading.tree, (ast.FunctionDef, ast.AsyncFunctionDef)):
            arguments = reading.tree.args
            for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
                if argument.arg == expr.id and argument.annotation is not None:
                    return self._annotated(unit, argument.annotation)
        made = [self.class_returned(unit, value) for value in _bound_calls(reading, expr.id)]
        return made[0] if len(made) == 1 else UNKNOWN

    def class_returned(self, unit: Unit, call: ast.Call) -> Any:
        known = self.values(unit, call.func)
        if known is not None and len(known) == 1 and inspect_safely.is_class(known[0]):
            return known[0]
        return UNKNOWN

    def _annotated(self, unit: Unit, annotation: ast.expr) -> Any:
        if isinstance(annotation, ast.Constant) and type(annotation.value) is str:
            known = [unit.names.get(annotation.value, UNKNOWN)]
        else:
            known = self.values(unit, annotation) or [UNKNOWN]
        return known[0] if len(known) == 1 and inspect_safely.is_class(known[0]) else UNKNOWN

    def _class_named(self, unit: Unit, name: str) -> Any:
        """The live class in whose body a function stands; UNKNOWN if it cannot be told, None if it is none of ours."""
        owners = [self._target] if self._target is not None else []
        owners += [kept.holder for kept in self._program.kept(self._target) if kept.how == "attribute"]
        for owner in owners:
            for base in inspect_safely.mro(owner if inspect_safely.is_class(owner) else type(owner)):
                if has_code(base, unit.code):
                    return base
        found = unit.names.get(name, UNKNOWN)
        if inspect_safely.is_class(found):
            return found
        return (
            None
            if not any(
                inspect_safely.name_of(base) == name for owner in owners for base in inspect_safely.mro(type(owner))
            )
            else UNKNOWN
        )

    def values(self, unit: Unit, expr: ast.expr, depth: int = 0) -> list[Any] | None:
        """The objects that an expression may stand for; None if that is not known."""
        if depth > 4:
            return None
        found: list[Any] = []
        if isinstance(expr, ast.Name):
            looped = self._looped(unit, expr.id, depth)
            if looped is not None:
                return looped
        for scope in self.scopes(unit):
            seen = scope.look(expr)
            if seen is not None and seen.value is not UNKNOWN and type(seen.value) is not Super:
                found.append(seen.value)
        if not found and isinstance(expr, ast.Name):
            found = self._program.variables_of_main(unit, expr.id)
        if found:
            return found
        if isinstance(expr, ast.Attribute):
            base = self.values(unit, expr.value, depth + 1) if isinstance(expr.value, ast.Name) else None
            if base:
                reading = reading_of(unit)
                name = mangled(expr.attr, reading) if reading is not None else expr.attr
                parts = [inspect_safely.peek(value, name) for value in base]
                if all(part.how in (inspect_safely.OWN, inspect_safely.CLASS, inspect_safely.METHOD) for part in parts):
                    return [part.value for part in parts]
        return None

    def _looped(self, unit: Unit, name: str, depth: int) -> list[Any] | None:
        """All that a loop variable may stand for; None if it is none, or over something unknown."""
        reading = reading_of(unit)
        every = loop_variables(reading) if reading is not None else ()
        loops = [(over, path) for variable, over, path in every if variable == name]
        found: list[Any] = []
        for over, path in loops:
            held = self.parts(unit, over, path, depth + 1)
            if held is None:
                return None
            found += held
        return found if loops else None

    def parts(self, unit: Unit, over: ast.expr, path: tuple[int, ...], depth: int = 0) -> list[Any] | None:
        """One part of each element that a loop over an expression would give; None if that is not known."""
        held = self.elements(unit, over, depth)
        for number in path:
            if held is None or any(type(each) not in (tuple, list) or len(each) <= number for each in held):
                return None
            held = [each[number] for each in held]
        return held

    def elements(self, unit: Unit, expr: ast.expr, depth: int = 0) -> list[Any] | None:
        """What a loop over an expression would give, one after the other."""
        match expr:
            case ast.Call(func=ast.Attribute(attr="values"), args=[]):
                held = self.values(unit, expr.func.value, depth)  # type: ignore[attr-defined]
                if held is None or any(type(part) is not dict for part in held):
                    return None
                return [value for part in held for value in list(dict.values(part))[:100]]
            case ast.Call(func=ast.Attribute(attr="items"), args=[]):
                held = self.values(unit, expr.func.value, depth)  # type: ignore[attr-defined]
                if held is None or any(type(part) is not dict for part in held):
                    return None
                return [value for part in held for value in list(dict.values(part))[:100]]
            case ast.Call(
                func=ast.Name(id="list" | "tuple" | "reversed" | "sorted" | "set" | "enumerate"), args=[first]
            ):
                return self.elements(unit, first, depth)
            case ast.Tuple() | ast.List():
                parts = [self.values(unit, part, depth + 1) for part in expr.elts]
                if any(part is None for part in parts):
                    return None
                return [value for part in parts if part is not None for value in part]
        held = self.values(unit, expr, depth)
        if held is None or any(type(part) not in (list, tuple, set, frozenset, dict) for part in held):
            return None
        return [value for part in held for value in list(part)[:100]]

    def callers(self, unit: Unit) -> list[Unit]:
        """The functions that call a function or name it, itself left out: by the live object, else by its class."""
        if unit.is_top:
            return []
        known = self._callers.get(id(unit.code))
        if known is None:
            if unit.code.co_name == "<lambda>":
                parent = self._program.units.get(id(unit.parent)) if unit.parent is not None else None
                known = [parent] if parent is not None else []
            else:
                names = self._program.names_of_code(unit.code)
                others = {id(other.code): other for name in sorted(names) for other in self._program.mentions(name)}
                known = [each for each in others.values() if each.code is not unit.code and self.naming(each, unit)]
            self._callers[id(unit.code)] = known
        return known

    def callers_of(self, method: types.MethodType) -> list[Unit]:
        """The functions that call a method of the program's."""
        return self.callers(self.unit_of(method))

    def unit_of(self, method: types.MethodType) -> Unit:
        """A method of the program's, as one of its functions."""
        self._program.add_function(method.__func__)  # type: ignore[arg-type]
        return self._program.units[id(method.__func__.__code__)]

    def naming(self, caller: Unit, unit: Unit) -> list[ast.AST]:
        """The expressions in one function that stand for another, or may: what is not known must know its module."""
        reading = reading_of(caller)
        name = unit.code.co_name
        if reading is None:
            return [ast.Pass()] if name in names_used(caller.code) and self._is_related(caller, unit) else []
        names = self._program.names_of_code(unit.code)
        is_method = "." in unit.code.co_qualname and not unit.code.co_qualname.endswith(f"<locals>.{name}")
        found: list[ast.AST] = []
        for node in reading.nodes:
            if isinstance(node, ast.Attribute):
                called = mangled(node.attr, reading)
                if called in names and self._may_be_method(caller, node, unit, called):
                    found.append(node)
            elif isinstance(node, ast.Name) and node.id in names and isinstance(node.ctx, ast.Load):
                known = self.values(caller, node)
                if known is None:
                    may_be = node.id == name and not is_method and self._is_related(caller, unit)
                else:
                    may_be = any(_leads_to(value, unit) for value in known)
                found += [node] if may_be else []
        return found

    def _may_be_method(self, caller: Unit, node: ast.Attribute, unit: Unit, name: str) -> bool:
        known = self.values(caller, node.value)
        if known is not None:
            return any(_leads_to(_entry(value, name), unit) for value in known)
        if isinstance(node.value, ast.Name):
            cls = self.class_of_name(caller, node.value, reading_of(caller))
            if cls is None:
                return False
            if cls is not UNKNOWN:
                likely = [cls, *self._program.instances(cls)[:20]]
                return any(_leads_to(_entry(each, name), unit) for each in likely)
        return name == unit.code.co_name and self._is_related(caller, unit)

    def _is_related(self, caller: Unit, unit: Unit) -> bool:
        """Whether a function's module knows that of another one, so that both may mean the same by a name."""
        key = (id(caller.names), id(unit.names))
        known = self._related.get(key)
        if known is None:
            modules = {str(unit.names.get("__name__"))}
            is_main = any(caller.names is held for _, held in self._program.main_frames)
            known = self._related[key] = is_main or knows(caller.names, modules)
        return known

    def scopes(self, unit: Unit) -> list[Scope]:
        """A function as it would run: for each object that may be its `self`."""
        kept = self._scopes.get(id(unit.code))
        if kept is None:
            kept = self._scopes[id(unit.code)] = list(self._make_scopes(unit))
        return kept

    def _make_scopes(self, unit: Unit) -> Iterator[Scope]:
        reading = reading_of(unit)
        if reading is None:
            return
        code = unit.code
        if unit.is_top:
            yield Scope(_stand_in(code, unit.names, {}), source.Found(_NOBODY, "", code.co_filename), {}, None)
            return
        found = source.likely_source_of(code, unit.names)
        assert found is not None
        first = code.co_varnames[0] if code.co_argcount and isinstance(found.node, ast.FunctionDef) else ""
        inner = not first or "<locals>" in code.co_qualname.rpartition(".")[0]
        owners = self._owners(unit, found.class_name) if found.class_name else []
        for owner in owners[:20]:
            free = {"self": owner} if "self" in code.co_freevars else {}
            function: Any = unit.function or _stand_in(code, unit.names, free)
            bound = {} if free or (inner and first not in {"self", "cls"}) else {first: Seen(owner, None, first, True)}
            yield Scope(function, found, bound, None)
        if not owners:
            function = unit.function or _stand_in(code, unit.names, {})
            yield Scope(function, found, {}, None)

    def _owners(self, unit: Unit, class_name: str) -> list[Any]:
        """The objects whose method a function is; those first that have to do with the flag."""
        near = (
            [self._target, *(kept.holder for kept in self._program.kept(self._target))]
            if self._target is not None
            else []
        )
        near += [argument.value for scope in self._survey.scopes[:1] for argument in scope.arguments.values()]
        found: list[Any] = []
        for obj in near:
            if obj is None:
                continue
            classes = inspect_safely.mro(obj if inspect_safely.is_class(obj) else type(obj))
            if any(has_code(base, unit.code) or _has_code_inside(base, unit) for base in classes):
                found.append(obj)
        cls = unit.names.get(class_name)
        if cls is not None and inspect_safely.is_class(cls):
            found += self._program.instances(cls)
            entry = inspect_safely.class_names(cls).get(unit.code.co_name)
            if type(entry) is classmethod:
                found = [obj if inspect_safely.is_class(obj) else type(obj) for obj in found] or [cls]
        return list({id(obj): obj for obj in found}.values())


_NOBODY: Final[Any] = ast.parse("def nobody(): pass").body[0]


def _stand_in(code: types.CodeType, names: dict[str, Any], free: dict[str, Any]) -> Any:
    """A function to look through, never to be called: as the one of which only the code is known."""
    cells = tuple(types.CellType(free[name]) if name in free else types.CellType() for name in code.co_freevars)
    return types.FunctionType(code, names, code.co_name, None, cells)


def _leads_to(value: Any, unit: Unit) -> bool:
    """Whether calling something comes to a function, through whatever decorates it."""
    return any(function.__code__ is unit.code for function in functions_behind(value, 1))


def _entry(obj: Any, name: str) -> Any:
    """What stands behind a name of an object, a class or a module, as it is kept there."""
    held = inspect_safely.own_names(obj)
    if held is not None and name in held:
        return held[name]
    return inspect_safely.on_class(obj if inspect_safely.is_class(obj) else type(obj), name)[0]


def is_instance(obj: Any, cls: Any) -> bool:
    return any(base is cls for base in inspect_safely.mro(obj if inspect_safely.is_class(obj) else type(obj)))


def has_code(cls: Any, code: types.CodeType) -> bool:
    entry = inspect_safely.class_names(cls).get(code.co_name)
    return any(function.__code__ is code for function in _functions_of(entry))


def _has_code_inside(cls: Any, unit: Unit) -> bool:
    """Whether it stands within a method of that class."""
    if unit.parent is None:
        return False
    return has_code(cls, unit.parent)


def _functions_of(entry: Any) -> list[types.FunctionType]:
    if type(entry) is types.FunctionType:
        return [entry]
    if type(entry) in (staticmethod, classmethod):
        return [entry.__func__] if type(entry.__func__) is types.FunctionType else []
    if type(entry) is property:
        return [part for part in (entry.fget, entry.fset, entry.fdel) if type(part) is types.FunctionType]
    return []


def _bound_calls(reading: Reading, name: str) -> list[ast.Call]:
    return [
        node.value
        for node in reading.nodes
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
    ]
