"""Who in the program uses a flag: which functions set it, look at it or hand it on.

A flag is an object, not a name. Two Events that are both called `event` are told apart by looking at the live objects
that an expression stands for: globals, the attributes of objects that can be reached, what was handed over as an
argument. Only where that leads nowhere does a name decide, and then the use is not called sure.
"""

from __future__ import annotations

import ast
import sys
import types
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any, Final, NamedTuple

from taskmon.watch.flags import bytecode, inspect_safely, names, source
from taskmon.watch.flags.conditions import COLLECTION, EVENTS, MEMBER, NUMBER, Atom, is_signal
from taskmon.watch.flags.expressions import Expressions, has_code, is_instance
from taskmon.watch.flags.inspect_safely import UNKNOWN
from taskmon.watch.flags.locations import Attribute, Cell, Global, Item
from taskmon.watch.flags.loops import called_name
from taskmon.watch.flags.program import Program, Unit, is_looked_up, knows, names_used
from taskmon.watch.flags.readings import HARMLESS, Reading, loop_variables, mangled, reading_of
from taskmon.watch.flags.scope import Scope
from taskmon.watch.flags.survey import Survey

#: What is done. Of an Event: SET, CLEARED. Of a variable: TRUE, FALSE, or MAYBE. DATA: anything else is assigned.
SET, CLEARED, TRUE, FALSE, NONE, MAYBE, DATA = "set", "cleared", "true", "false", "none", "maybe", "data"
#: It is looked at. HANDED: it is given to code that cannot be followed. UNREAD: by code whose source is not known.
LOOK, HANDED, UNREAD = "look", "handed", "unread"

YES, PERHAPS, NO = 2, 1, 0
#: Methods that run a function in a thread: which of their arguments it is.
STARTERS: Final = {
    "Thread": -1, "Timer": 1, "submit": 0, "to_thread": 0, "apply_async": 0, "apply": 0, "map": 0, "imap": 0,
    "imap_unordered": 0, "starmap": 0, "run_in_executor": 1, "start_new_thread": 0, "start_soon": 0, "run_sync": 0,
    "run_in_threadpool": 0, "start_background_task": 0, "defer_to_thread": 0, "deferToThread": 0,
}  # fmt: skip
#: Ways to read a variable without its name.
_BY_WHATEVER_NAME: Final = ("getattr", "vars", "asdict", "astuple", "__dict__")
_MOST_USES: Final = 400
#: What the methods of a collection make of its truth.
_CHANGES: Final = {
    **dict.fromkeys(("clear", "pop", "popleft", "popitem"), CLEARED),
    **dict.fromkeys(("append", "add", "appendleft"), SET),
}


#: What the methods of a set or a dictionary make of a key.
_KEY_CHANGES: Final = {
    **dict.fromkeys(("discard", "remove", "pop", "clear"), CLEARED),
    **dict.fromkeys(("add", "setdefault"), SET),
}
#: How an object that is no Event is given a sign.
_GIVING: Final = ("set_result", "set_exception", "cancel", "release")


def _is_signal(atom: Atom) -> bool:
    return any(is_signal(atom.seen, asked) for asked in ("done", "acquire")) and atom.kind == NUMBER


class Use(NamedTuple):
    """One place in the program where a flag is used."""

    what: str
    unit: Unit
    #: The expression that stands for the flag.
    node: ast.AST
    #: Surely this flag, not only one of the same name.
    sure: bool
    #: What is assigned, if that is written there.
    value: ast.expr | None = None


def kind_of(value: ast.expr | None) -> str:
    """What sort of value an expression is, as far as it shows."""
    match value:
        case ast.Constant(value=True) | ast.Constant(value=False) | ast.Constant(value=None):
            return {True: TRUE, False: FALSE, None: NONE}[value.value]  # type: ignore[index]
        case ast.Constant(value=int() as number) if number in (0, 1):
            return TRUE if number else FALSE
        case ast.List() | ast.Tuple() if value.elts and len({kind_of(part) for part in value.elts}) == 1:
            return kind_of(value.elts[0])
        case ast.ListComp():
            return kind_of(value.elt)
        case ast.Constant(value=bytes() as raw) if set(raw) in ({0}, {1}):
            return TRUE if raw[0] else FALSE
        case ast.BinOp(op=ast.Mult()) if isinstance(value.left, (ast.List, ast.Constant)):
            return kind_of(value.left)
        case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()) | ast.Name() | ast.Attribute() | ast.IfExp():
            return MAYBE
        case ast.Call() if called_name(value) in ("bool", "is_set", "wait", "isSet", "any", "all", "isinstance"):
            return MAYBE
        case None:
            return MAYBE
    return DATA


class Finder:
    """One search. `target` is the object whose uses are looked for: the Event, the owner of the variable, its list."""

    def __init__(self, atom: Atom, survey: Survey, program: Program) -> None:
        self.atom, self.survey, self.program = atom, survey, program
        place = atom.seen.place
        self.is_event = atom.kind in EVENTS
        #: Whether the flag is an object on its way through the program, rather than a variable.
        self.is_object = self.is_event or atom.kind in (COLLECTION, MEMBER) or _is_signal(atom)
        self.place = None if self.is_object else place
        self.target: Any = None
        if self.is_object:
            self.target = atom.seen.value
        elif isinstance(place, Attribute):
            self.target = place.owner
        elif isinstance(place, Item):
            self.target = place.container
        self.expressions = Expressions(self.target, survey, program)
        #: Local variables that stand for the target: the identity of the code they are local to, and their name.
        self.aliases: set[tuple[int, str]] = set()
        #: Names under which the target may be kept.
        self.names: set[str] = set()
        self.uses: list[Use] = []
        #: Who has handed the target to a function of a library, by the identity of its code, and where.
        self.handed_by: dict[int, tuple[Unit, ast.AST]] = {}
        self._seen: set[tuple[int, int]] = set()
        self._waiting: list[Unit] = []
        self._kept_by: list[Any] | None = None
        self._related: dict[int, bool] = {}

    # -- the search -----------------------------------------------------------------------------------------

    def run(self) -> list[Use]:
        place = self.place
        if isinstance(place, Attribute):
            for unit in self.program.mentions(place.name):
                self._attribute_uses(unit, place)
            for name in _BY_WHATEVER_NAME:
                for unit in self.program.mentions(name):
                    if self._is_near(unit):
                        self._whole_uses(unit, place.owner)
            if _is_compared_whole(place.owner):
                for kept in list(self.program.kept(place.owner)):
                    for unit in self.program.mentions(kept.name) if kept.name else ():
                        self._comparisons(unit, place.owner)
        elif isinstance(place, Global):
            for unit in self.program.mentions(place.name):
                self._global_uses(unit, place)
        elif isinstance(place, Cell):
            self._seed()
            for unit in self.program.mentions(place.name):
                self._cell_uses(unit, place)
        else:
            self._flow()
        return self.uses

    def add(self, what: str, unit: Unit, node: ast.AST, certainty: int, value: ast.expr | None = None) -> None:
        if certainty == PERHAPS and not self._is_related(unit):
            return
        if (id(unit.code), id(node)) not in self._seen and len(self.uses) < _MOST_USES:
            self._seen.add((id(unit.code), id(node)))
            self.uses.append(Use(what, unit, node, certainty == YES, value))

    def _attribute_uses(self, unit: Unit, place: Attribute) -> None:
        code = unit.code
        if self._is_of_another(unit):
            return
        is_module = inspect_safely.is_a(place.owner, types.ModuleType)
        if place.name not in names_used(code) and not is_module:
            return
        reading = reading_of(unit)
        if reading is None:
            if is_looked_up(code, place.name) and self._is_near(unit):
                self.uses.append(Use(UNREAD, unit, ast.Pass(), False))
            return
        own_module = (
            inspect_safely.own_names(place.owner) if inspect_safely.is_a(place.owner, types.ModuleType) else None
        )
        for node in reading.nodes:
            if isinstance(node, ast.Attribute) and mangled(node.attr, reading) == place.name:
                if _is_called(node, reading):
                    continue
                certainty = self.denotes(unit, node.value)
                if certainty:
                    self._variable_use(unit, reading, node, certainty)
            elif own_module is not None and isinstance(node, ast.Name) and node.id == place.name:
                if unit.names is own_module and self._is_global(unit, node.id):
                    self._variable_use(unit, reading, node, YES)
            elif isinstance(node, ast.Call) and called_name(node) in ("setattr", "getattr") and len(node.args) > 1:
                named = node.args[1]
                if isinstance(named, ast.Constant) and named.value == place.name:
                    certainty = self.denotes(unit, node.args[0])
                    if certainty and called_name(node) == "setattr" and len(node.args) > 2:
                        self.add(kind_of(node.args[2]), unit, node, certainty, node.args[2])
                    elif certainty:
                        self.add(LOOK, unit, node, certainty)

    def _whole_uses(self, unit: Unit, owner: Any) -> None:
        """All of the owner's variables are read, or one whose name is made up there."""
        reading = reading_of(unit)
        for node in reading.nodes if reading is not None else ():
            whole: ast.expr | None = None
            if isinstance(node, ast.Call) and called_name(node) in _BY_WHATEVER_NAME and node.args:
                named = node.args[1] if len(node.args) > 1 else None
                whole = node.args[0] if not isinstance(named, ast.Constant) else None
            elif isinstance(node, ast.Attribute) and node.attr == "__dict__":
                whole = node.value
            if whole is not None and any(value is owner for value in self.expressions.values(unit, whole) or ()):
                self.add(LOOK, unit, node, YES)

    def _comparisons(self, unit: Unit, owner: Any) -> None:
        """The owner is compared by the values of its variables, as a dataclass is."""
        reading = reading_of(unit)
        for node in reading.nodes if reading is not None else ():
            if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.Eq, ast.NotEq, ast.In, ast.NotIn)):
                for part in (node.left, *node.comparators):
                    if any(value is owner for value in self.expressions.values(unit, part) or ()):
                        self.add(LOOK, unit, node, YES)

    def _global_uses(self, unit: Unit, place: Global) -> None:
        reading = reading_of(unit)
        if reading is None:
            if unit.names is place.names:
                self.uses.append(Use(UNREAD, unit, ast.Pass(), False))
            return
        for node in reading.nodes:
            if isinstance(node, ast.Name) and node.id == place.name:
                if unit.names is place.names and self._is_global(unit, node.id):
                    self._variable_use(unit, reading, node, YES)
            elif isinstance(node, ast.Attribute) and node.attr == place.name and unit.names is not place.names:
                for module in self.expressions.values(unit, node.value) or ():
                    if (
                        inspect_safely.is_a(module, types.ModuleType)
                        and inspect_safely.own_names(module) is place.names
                    ):
                        self._variable_use(unit, reading, node, YES)
                        break

    def _cell_uses(self, unit: Unit, place: Cell) -> None:
        owner = self._owner_of(unit, place.name)
        if owner is None or (owner, place.name) not in self.aliases:
            return
        reading = reading_of(unit)
        if reading is None:
            self.uses.append(Use(UNREAD, unit, ast.Pass(), False))
            return
        for node in reading.nodes:
            if isinstance(node, ast.Name) and node.id == place.name:
                self._variable_use(unit, reading, node, YES)

    def _variable_use(self, unit: Unit, reading: Reading, node: ast.expr, certainty: int) -> None:
        if isinstance(getattr(node, "ctx", None), ast.Load):
            self.add(LOOK, unit, node, certainty)
            return
        parent = reading.parents.get(id(node))
        value: ast.expr | None = None
        if isinstance(parent, ast.Assign):
            value = parent.value
        elif isinstance(parent, (ast.AnnAssign, ast.NamedExpr)):
            value = parent.value
            if value is None:
                return
        elif isinstance(parent, ast.Tuple):
            above = reading.parents.get(id(parent))
            values = above.value.elts if isinstance(above, ast.Assign) and isinstance(above.value, ast.Tuple) else []
            if len(values) == len(parent.elts):
                value = values[parent.elts.index(node)]
        elif isinstance(parent, ast.AugAssign):
            self.add(DATA, unit, node, certainty, parent.value)
            return
        self.add(kind_of(value), unit, node, certainty, value)

    # -- an object on its way through the program -----------------------------------------------------------

    def _flow(self) -> None:
        self._seed()
        for name in set(self.names):
            for unit in self.program.mentions(name):
                self._object_uses(unit)
        for _ in range(300):
            if not self._waiting:
                break
            self._object_uses(self._waiting.pop())

    def _seed(self) -> None:
        """Where the target is kept, and which variables of the thread's own functions stand for it."""
        seen = self.atom.seen
        if seen.place is not None and self.is_object:
            self.names.add(seen.place.name)
        for scope in self.survey.scopes + ([self.atom.scope] if self.atom.scope not in self.survey.scopes else []):
            self.program.add_function(scope.function)
            code = scope.function.__code__
            for name, argument in scope.arguments.items():
                if self.target is not None and argument.value is self.target:
                    self.alias(code, name)
            for name, cell in zip(code.co_freevars, scope.function.__closure__ or (), strict=False):
                value = Cell(cell, name).read()
                holds = self.target is not None and value is self.target
                if holds or (isinstance(self.place, Cell) and self.place.key == ("cell", id(cell))):
                    unit = self.program.units.get(id(code))
                    owner = self._owner_of(unit, name) if unit is not None else None
                    if owner is not None:
                        self._alias_id(owner, name)
                    self.names.add(name)
        if self.target is None:
            return
        for kept in self.program.kept(self.target):
            if kept.name:
                self.names.add(kept.name)
            if kept.how == "cell":
                unit = self.program.units.get(id(kept.holder.__code__))
                owner = self._owner_of(unit, kept.name) if unit is not None else None
                if owner is not None:
                    self._alias_id(owner, kept.name)
            elif kept.how == "local":
                for code, _ in self.program.main_frames:
                    if kept.name in code.co_varnames or kept.name in code.co_cellvars:
                        self.alias(code, kept.name)
            elif kept.how in ("item", "") and kept.holder is not None:
                self.names.update(outer.name for outer in self.program.kept(kept.holder) if outer.name)
        self._started_with()

    def _started_with(self) -> None:
        """The variables that were handed to this thread, in the function that made it."""
        top = self.survey.top
        if top is None:
            return
        wanted = {name for name, argument in top.arguments.items() if argument.value is self.target}
        if not wanted:
            return
        for unit in self.program.mentions(top.function.__name__):
            reading = reading_of(unit)
            if reading is None:
                continue
            for node in reading.nodes:
                if isinstance(node, ast.Call) and called_name(node) in STARTERS:
                    for name, given in started_with(node, top):
                        if name in wanted and isinstance(given, ast.Name) and not self.expressions.values(unit, given):
                            self.alias(unit.code, given.id)

    def alias(self, code: types.CodeType, name: str) -> None:
        self._alias_id(id(code), name)

    def _alias_id(self, code_id: int, name: str) -> None:
        if (code_id, name) in self.aliases:
            return
        self.aliases.add((code_id, name))
        for unit in self.program.mentions(name):
            if id(unit.code) == code_id or self._owner_of(unit, name) == code_id:
                self._waiting.append(unit)

    def _owner_of(self, unit: Unit | None, name: str) -> int | None:
        """The identity of the code that a variable of a function is local to; None for a global one."""
        while unit is not None:
            code = unit.code
            if name in code.co_varnames or name in code.co_cellvars:
                return id(code)
            if name not in code.co_freevars or unit.parent is None:
                return None
            unit = self.program.units.get(id(unit.parent))
        return None

    def _object_uses(self, unit: Unit) -> None:
        if self._is_of_another(unit):
            return
        reading = reading_of(unit)
        if reading is None:
            if any(is_looked_up(unit.code, name) for name in self.names) and self._is_near(unit):
                self.uses.append(Use(UNREAD, unit, ast.Pass(), False))
            return
        wanted = self.names | {name for code, name in self.aliases}
        for node in reading.nodes:
            if isinstance(node, ast.Name):
                relevant = node.id in wanted
            elif isinstance(node, ast.Attribute):
                relevant = mangled(node.attr, reading) in self.names
            else:
                relevant = isinstance(node, ast.Subscript) or (self.is_object and isinstance(node, ast.Call))
            if not relevant or not isinstance(getattr(node, "ctx", None), (ast.Load, types.NoneType)):
                continue
            certainty = self.denotes(unit, node)  # type: ignore[arg-type]
            if certainty:
                self._object_use(unit, reading, node, certainty)
        for name, iterable, path in loop_variables(reading):
            held = self.expressions.parts(unit, iterable, path)
            if held is not None and any(value is self.target for value in held):
                self.alias(unit.code, name)

    def _object_use(self, unit: Unit, reading: Reading, node: ast.AST, certainty: int) -> None:
        """What is done with the target, where it stands in a function."""
        if (id(unit.code), id(node)) in self._seen:
            return
        parent = reading.parents.get(id(node))
        above = reading.parents.get(id(parent)) if parent is not None else None
        if isinstance(parent, ast.Attribute):
            call = above if isinstance(above, ast.Call) and above.func is parent else None
            self.method(unit, node, parent, call, certainty)
        elif isinstance(parent, ast.Subscript) and parent.value is node and isinstance(self.place, Item):
            self._item_use(unit, reading, parent, certainty)
        elif self._of_collection(unit, node, parent, certainty) or self._of_keys(
            unit, reading, node, parent, certainty
        ):
            return
        elif isinstance(parent, ast.Call):
            self._argument(unit, parent, node, certainty)
        elif isinstance(parent, ast.keyword) and isinstance(above, ast.Call):
            self._argument(unit, above, node, certainty, parent.arg)
        elif isinstance(parent, (ast.Tuple, ast.List)):
            self._in_tuple(unit, reading, parent, node, certainty)
        elif isinstance(parent, ast.Dict):
            self._in_dict(unit, parent, above, node)
        elif isinstance(parent, (ast.Assign, ast.AnnAssign, ast.NamedExpr)):
            for target in parent.targets if isinstance(parent, ast.Assign) else [parent.target]:
                self._assigned(unit, target)
        elif isinstance(parent, ast.Return):
            self._returned(unit, None, certainty, node)
        elif isinstance(parent, (ast.For, ast.comprehension)) and not self.is_event:
            if isinstance(self.place, Item) and (type(self.target) is dict or _only_counts(parent, reading)):
                return  # its keys, or how many there are, tell nothing of what it holds
            self.add(LOOK, unit, node, certainty)
        elif isinstance(parent, (ast.Yield, ast.Await, ast.YieldFrom, ast.Starred)):
            self.add(HANDED, unit, node, certainty)
        elif not self.is_event and isinstance(parent, ast.expr):
            self.add(LOOK, unit, node, certainty)

    def _of_collection(self, unit: Unit, node: ast.AST, parent: ast.AST | None, certainty: int) -> bool:
        """Whether a collection is used for more than its truth, or for that alone."""
        if self.atom.kind != COLLECTION:
            return False
        match parent:
            case ast.Subscript(ctx=ast.Del(), slice=ast.Slice(lower=None, upper=None)):
                self.add(CLEARED, unit, node, certainty)
            case ast.Subscript() | ast.For() | ast.comprehension() | ast.Compare() | ast.BinOp() | ast.Starred():
                self.add(DATA, unit, node, certainty)
            case ast.While() | ast.If() | ast.UnaryOp() | ast.BoolOp() | ast.IfExp():
                self.add(LOOK, unit, node, certainty)
            case _:
                return False
        return True

    def _of_keys(self, unit: Unit, reading: Reading, node: ast.AST, parent: ast.AST | None, certainty: int) -> bool:
        """Whether a set or dictionary is asked for keys, or they are changed, as far as the flag's own is concerned."""
        if self.atom.kind != MEMBER:
            return False
        what, key = LOOK, None
        match parent:
            case ast.Subscript():
                what, key = {ast.Store: SET, ast.Del: CLEARED}.get(type(parent.ctx), LOOK), parent.slice
            case ast.Compare(ops=[ast.In() | ast.NotIn()]):
                key = parent.left
            case ast.Call(func=ast.Name(id="len")):
                pass
            case ast.Call(func=ast.Name(id="list" | "tuple" | "sorted" | "set")) | ast.For():
                loop = parent if isinstance(parent, ast.For) else reading.parents.get(id(parent))
                if isinstance(loop, ast.For) and _ends_each(loop):
                    return True
            case _:
                return False
        if key is None or self._may_be(unit, key, self.atom.constants[0]):
            self.add(what, unit, node, certainty)
        return True

    def _may_be(self, unit: Unit, key: ast.expr, wanted: object) -> bool:
        known = self.expressions.values(unit, key)
        return known is None or any(
            value is wanted or (type(value) in (str, int) and type(value) is type(wanted) and value == wanted)
            for value in known
        )

    def method(self, unit: Unit, node: ast.AST, method: ast.Attribute, call: ast.Call | None, certainty: int) -> None:
        name = method.attr
        if self.atom.kind == COLLECTION:
            self.add(_CHANGES.get(name, DATA), unit, node, certainty)
        elif self.atom.kind == MEMBER:
            if call is None or not call.args or self._may_be(unit, call.args[0], self.atom.constants[0]):
                self.add(_KEY_CHANGES.get(name, LOOK), unit, node, certainty)
        elif self.is_object and not self.is_event:
            self.add(SET if name in _GIVING else LOOK, unit, node, certainty)
        elif self.is_event:
            if name == "set":
                self.add(SET, unit, node, certainty)
            elif name == "clear":
                self.add(CLEARED, unit, node, certainty)
            elif name in ("is_set", "isSet", "wait") and (call is not None or not self._is_asked_by_own_alone()):
                self.add(LOOK, unit, node, certainty)
        elif call is not None and name in ("get", "pop", "items", "values", "copy", "count", "index"):
            key = call.args[0] if call.args else None
            if name not in ("get", "pop") or self._is_key(unit, key):
                self.add(LOOK, unit, node, certainty)
        elif call is not None and name != "keys":
            self.add(MAYBE, unit, node, certainty)

    def _is_asked_by_own_alone(self) -> bool:
        """Whether all that keep a bound `event.is_set` are the thread's own: `Worker(should_stop=stop.is_set)`."""
        own = [argument.value for scope in self.survey.scopes for argument in scope.arguments.values()]
        bound = [kept.holder for kept in self.program.kept(self.target) if kept.how == "self"]
        holders = [kept.holder for method in bound for kept in self.program.kept(method)]
        return bool(holders) and all(any(holder is value for value in own) for holder in holders)

    def _item_use(self, unit: Unit, reading: Reading, item: ast.Subscript, certainty: int) -> None:
        if not isinstance(item.slice, ast.Slice) and not self._is_key(unit, item.slice):
            return
        self._variable_use(unit, reading, item, certainty)

    def _is_key(self, unit: Unit, key: ast.expr | None) -> bool:
        """Whether it may be the flag's own key."""
        assert isinstance(self.place, Item)
        known = self.expressions.values(unit, key) if key is not None else None
        if known is None:
            return True
        return any(
            value is self.place.index or (type(value) in (str, int) and value == self.place.index) for value in known
        )

    def _argument(self, unit: Unit, call: ast.Call, node: ast.AST, certainty: int, name: str | None = None) -> None:
        """It is handed to a function: go on there."""
        called = called_name(call)
        if called == "set" and isinstance(call.func, ast.Attribute) and self._into_variable(unit, call.func.value):
            return
        match call:
            case ast.Call(func=ast.Attribute(attr="run"), args=[ast.Attribute(value=variable, attr="set"), _]):
                if self._into_variable(unit, variable):
                    return
        if isinstance(self.place, Item) and type(self.target) is dict and called in _OF_KEYS:
            return
        if called in HARMLESS or called.endswith(("Error", "Exception")):
            return
        if not self.is_event and called in ("dict", "list", "tuple", "copy", "deepcopy", "any", "all", "sum", "dumps"):
            self.add(LOOK, unit, call, certainty)
            return
        if called in STARTERS:
            if called == "Timer" or name is None:
                self._given(unit, call, node, certainty)
            return
        position = next((n for n, argument in enumerate(call.args) if argument is node), None)
        if called == "partial" and call.args:
            function, position = call.args[0], None if position is None else position - 1
        else:
            function = call.func
        if not self._into(unit, function, position, name) and called not in (
            "append",
            "add",
            "extend",
            "put",
            "setdefault",
            "partial",
            "dict",
            "list",
            "tuple",
            "setattr",
        ):
            self.add(HANDED, unit, node, certainty)

    def _into_variable(self, unit: Unit, kept_in: ast.expr) -> bool:
        """Whether it is put into a context variable: go on where that is asked for."""
        variables = [each for each in self.expressions.values(unit, kept_in) or () if type(each) is ContextVar]
        name = kept_in.attr if isinstance(kept_in, ast.Attribute) else getattr(kept_in, "id", "")
        for other in self.program.mentions(name) if variables else ():
            reading = reading_of(other)
            for node in reading.nodes if reading is not None else ():
                match node:
                    case ast.Call(func=ast.Attribute(value=asked, attr="get"), args=[]) if any(
                        value in variables for value in self.expressions.values(other, asked) or ()
                    ):
                        self._object_use(other, reading, node, PERHAPS)  # type: ignore[arg-type]
        return bool(variables)

    def _given(self, unit: Unit, call: ast.Call, node: ast.AST, certainty: int) -> None:
        """`submit(work, stop)`: to the function that will run."""
        place = STARTERS[called_name(call)]
        position = next((n for n, argument in enumerate(call.args) if argument is node), None)
        if position is None or place < 0 or position <= place:
            return
        if not self._into(unit, call.args[place], position - place - 1, None):
            self.add(HANDED, unit, node, certainty)

    def _into(self, unit: Unit, function: ast.expr, position: int | None, name: str | None) -> bool:
        """It becomes a parameter; whether the function is known."""
        found = False
        for called in self.expressions.values(unit, function) or ():
            shift = 0
            if inspect_safely.is_class(called):
                called, shift = inspect_safely.on_class(called, "__init__")[0], 1  # noqa: PLW2901
                if type(called) is not types.FunctionType:
                    return True  # a named tuple, which only holds it: see where it is kept
            if type(called) is types.MethodType:
                called, shift = called.__func__, 1  # noqa: PLW2901
            if type(called) is not types.FunctionType:
                continue
            self.program.add_function(called)
            code = called.__code__
            parameters = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
            if name is None and position is not None and position + shift < code.co_argcount:
                name = parameters[position + shift]
            if name in parameters:
                self.alias(code, str(name))
                if not inspect_safely.is_programs(code):
                    self.handed_by.setdefault(id(code), self.handed_by.get(id(unit.code), (unit, function)))
                found = True
        return found

    def _in_tuple(
        self, unit: Unit, reading: Reading, part: ast.Tuple | ast.List, node: ast.AST, certainty: int
    ) -> None:
        parent = reading.parents.get(id(part))
        above = reading.parents.get(id(parent)) if parent is not None else None
        place = next(n for n, item in enumerate(part.elts) if item is node)
        if isinstance(parent, ast.Return):
            self._returned(unit, place, certainty, node)
        elif isinstance(parent, ast.Assign) and parent.value is part:
            for target in parent.targets:
                if isinstance(target, ast.Tuple) and len(target.elts) == len(part.elts):
                    self._assigned(unit, target.elts[place])
        elif isinstance(above, ast.Call) and isinstance(parent, ast.keyword) and parent.arg == "args":
            started = [keyword.value for keyword in above.keywords if keyword.arg in ("target", "function")]
            place_of = STARTERS.get(called_name(above), -1)
            if not started and 0 <= place_of < len(above.args):
                started = [above.args[place_of]]
            for function in started:
                self._into(unit, function, place, None)
        elif isinstance(parent, ast.Call) and called_name(parent) in ("Timer", "apply_async", "start_new_thread"):
            index = STARTERS[called_name(parent)]
            if index < len(parent.args):
                self._into(unit, parent.args[index], place, None)

    def _in_dict(self, unit: Unit, holder: ast.Dict, above: ast.AST | None, node: ast.AST) -> None:
        """`Thread(target=work, kwargs={"stop": stop})`: to the function that will run. Any other only holds it."""
        if not isinstance(above, ast.keyword) or above.arg != "kwargs":
            return
        reading = reading_of(unit)
        call = reading.parents.get(id(above)) if reading is not None else None
        for keyword in call.keywords if isinstance(call, ast.Call) else ():
            if keyword.arg in ("target", "function"):
                for key, value in zip(holder.keys, holder.values, strict=True):
                    if value is node and isinstance(key, ast.Constant) and type(key.value) is str:
                        self._into(unit, keyword.value, None, key.value)

    def _assigned(self, unit: Unit, target: ast.expr) -> None:
        if isinstance(target, ast.Name) and (owner := self._owner_of(unit, target.id)) is not None:
            self._alias_id(owner, target.id)
        elif isinstance(target, ast.Attribute):
            reading = reading_of(unit)
            name = mangled(target.attr, reading) if reading is not None else target.attr
            if name not in self.names:
                self.names.add(name)
                self._waiting += self.program.mentions(name)

    def _returned(self, unit: Unit, place: int | None, certainty: int, node: ast.AST) -> None:
        """It is returned: go on where the function is called."""
        followed = False
        for caller in self.expressions.callers(unit):
            reading = reading_of(caller)
            if reading is None:
                continue
            for named in self.expressions.naming(caller, unit):
                call = reading.parents.get(id(named))
                if not isinstance(call, ast.Call) or call.func is not named:
                    continue
                parent = reading.parents.get(id(call))
                for target in parent.targets if isinstance(parent, ast.Assign) else ():
                    followed = True
                    if place is None:
                        self._assigned(caller, target)
                    elif isinstance(target, ast.Tuple) and place < len(target.elts):
                        self._assigned(caller, target.elts[place])
                if isinstance(parent, ast.Attribute) and place is None:
                    self.method(caller, call, parent, None, certainty)
                    followed = True
        if not followed:
            self.add(HANDED, unit, node, certainty)

    # -- what an expression stands for ----------------------------------------------------------------------

    def denotes(self, unit: Unit, expr: ast.expr) -> int:
        """Whether an expression stands for the target."""
        reading = reading_of(unit)
        if isinstance(expr, ast.Name):
            owner = self._owner_of(unit, expr.id)
            if owner is not None and (owner, expr.id) in self.aliases:
                return YES
        known = self.expressions.values(unit, expr)
        if known is not None:
            return YES if any(value is self.target for value in known) else NO
        if isinstance(expr, ast.Name):
            return self._denotes_name(unit, expr, reading)
        if isinstance(expr, ast.Attribute) and reading is not None:
            if mangled(expr.attr, reading) not in self.names and self.is_object:
                return NO
            return self._denotes_attribute(unit, expr)
        table = expr.value if isinstance(expr, ast.Subscript) else None
        match expr:
            case ast.Call(func=ast.Attribute(value=table, attr="pop" | "get"), args=[_, *_]):
                pass
        if table is not None and self.is_object:
            held = self.expressions.values(unit, table)
            if held is not None:
                return PERHAPS if any(self._holds(container) for container in held) else NO
        if isinstance(expr, ast.Subscript):
            return NO
        if isinstance(expr, ast.Call):
            return NO if self.is_object else self._by_class(self.expressions.class_returned(unit, expr))
        return NO

    def _holds(self, container: Any) -> bool:
        return any(kept.holder is container for kept in self.program.kept(self.target))

    def _denotes_name(self, unit: Unit, expr: ast.Name, reading: Reading | None) -> int:
        """A variable that no object is known for: an Event reaches it only by a way that was followed."""
        if self.is_object or isinstance(self.place, Item):
            return NO
        if self._owner_of(unit, expr.id) is None and not unit.is_top:
            return NO  # a global that is not there
        return self._by_class(self.expressions.class_of_name(unit, expr, reading))

    def _denotes_attribute(self, unit: Unit, expr: ast.Attribute) -> int:
        base = self.expressions.values(unit, expr.value)
        if base is not None:
            return NO  # each base is known, and none leads to the target
        cls = (
            self.expressions.class_of_name(unit, expr.value, reading_of(unit))
            if isinstance(expr.value, ast.Name)
            else UNKNOWN
        )
        if self.is_object or isinstance(self.place, Item):
            holders = [kept.holder for kept in self.program.kept(self.target) if kept.how == "attribute"]
            if cls is not UNKNOWN:
                of_it = [holder for holder in holders if is_instance(holder, cls)]
                return PERHAPS if of_it else NO
            return PERHAPS if holders else NO
        return PERHAPS

    def _by_class(self, cls: Any) -> int:
        """Whether an object of which only the class is known may be the owner of the variable."""
        if cls is UNKNOWN:
            return PERHAPS
        if cls is None:
            return NO
        return YES if is_instance(self.target, cls) else NO

    def _is_global(self, unit: Unit, name: str) -> bool:
        if unit.is_top:
            return True
        code = unit.code
        return name not in code.co_varnames and name not in code.co_cellvars and name not in code.co_freevars

    def _is_of_another(self, unit: Unit) -> bool:
        """Whether a function uses the names on its own `self` alone, and that is of a class that has not the flag.

        Told by the bytecode, so that functions of a hundred classes with an attribute of one name need no parsing.
        """
        code = unit.code
        if unit.is_top or not code.co_argcount or any(owner == id(code) for owner, _ in self.aliases):
            return False
        cls = unit.names.get(source.class_of(code.co_qualname))
        if cls is None or not inspect_safely.is_class(cls) or not has_code(cls, code):
            return False
        wanted = {self.place.name} if isinstance(self.place, Attribute) else self.names
        if any(is_instance(holder, cls) for holder in self._holders()):
            return False
        used = [name for name in wanted if name in code.co_names]
        inner = [const for const in code.co_consts if type(const) is types.CodeType]
        others = [
            name
            for name in wanted
            if name in code.co_varnames or name in code.co_consts or any(name in names_used(part) for part in inner)
        ]
        return bool(used) and not others and all(bytecode.is_of_self(code, name) for name in used)

    def _holders(self) -> list[Any]:
        """The objects in whose attributes the flag is found, alone or in a list or a dictionary."""
        if self._kept_by is None:
            places = [*self.program.kept(self.target)]
            places += [outer for kept in places if kept.how == "item" for outer in self.program.kept(kept.holder)]
            self._kept_by = [kept.holder for kept in places if kept.how == "attribute"]
            self._kept_by.append(self.target)
        return self._kept_by

    def _is_related(self, unit: Unit) -> bool:
        """Whether a function may have to do with the flag's owner at all: its module is the same, or knows that one.

        Of another module's `x.running`, where nothing is known of `x`, it is a namesake most likely.
        """
        known = self._related.get(id(unit.names))
        if known is None:
            known = self._related[id(unit.names)] = self._knows_owner(unit.names)
        return known

    def _knows_owner(self, names: dict[str, Any]) -> bool:
        target = self.target if self.target is not None else None
        cls = target if inspect_safely.is_class(target) else type(target)
        modules = {inspect_safely.module_of(base) for base in inspect_safely.mro(cls)} - {"builtins", "threading"}
        modules |= {str(scope.function.__globals__.get("__name__")) for scope in self.survey.scopes[:1]}
        return any(names is held for _, held in self.program.main_frames) or knows(names, modules)

    def _is_near(self, unit: Unit) -> bool:
        """Whether a function stands where the thread's own does."""
        near = [scope.function.__globals__ for scope in self.survey.scopes[:1]]
        if isinstance(self.place, Attribute):
            cls = self.target if inspect_safely.is_class(self.target) else type(self.target)
            near += [inspect_safely.own_names(sys.modules.get(inspect_safely.module_of(cls))) or {}]
        return any(unit.names is names for names in near)


#: What asks a dictionary for its keys alone.
_OF_KEYS: Final = names.words("list tuple set sorted iter enumerate fromkeys")


def _only_counts(loop: ast.For | ast.comprehension, reading: Reading) -> bool:
    """Whether nothing is done with what a loop goes over but that there is one: `[True for _ in flags]`."""
    inside = loop if isinstance(loop, ast.For) else reading.parents.get(id(loop), loop)
    named = {node.id for node in ast.walk(loop.target) if isinstance(node, ast.Name)}
    return not any(
        isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in named for node in ast.walk(inside)
    )


def _is_compared_whole(owner: Any) -> bool:
    """Whether its class says itself when two of its objects are equal."""
    cls = owner if inspect_safely.is_class(owner) else type(owner)
    return type(inspect_safely.on_class(cls, "__eq__")[0]) is types.FunctionType


def _is_called(node: ast.Attribute, reading: Reading) -> bool:
    parent = reading.parents.get(id(node))
    return isinstance(parent, ast.Call) and parent.func is node


def _ends_each(loop: ast.For) -> bool:
    """`for camera in list(recording): stop_recording(camera)`: whether a loop does no more than to end them all."""
    return all(
        isinstance(part, ast.Expr) and isinstance(part.value, ast.Call) and names.is_stopper(called_name(part.value))
        for part in loop.body
    )


def started_with(call: ast.Call, top: Scope) -> Iterator[tuple[str, ast.expr]]:
    """(parameter, what is given for it) of a call that starts the thread's function."""
    code = top.function.__code__
    parameters = list(code.co_varnames[: code.co_argcount])
    if top.found.class_name and parameters[:1] == ["self"]:
        del parameters[0]
    given: list[ast.expr] = []
    place = STARTERS.get(called_name(call), -1)
    for keyword in call.keywords:
        if keyword.arg == "args" and isinstance(keyword.value, (ast.Tuple, ast.List)):
            given = keyword.value.elts
        elif keyword.arg == "kwargs" and isinstance(keyword.value, ast.Dict):
            for key, value in zip(keyword.value.keys, keyword.value.values, strict=True):
                if isinstance(key, ast.Constant) and type(key.value) is str:
                    yield key.value, value
    if place >= 0 and not given:
        given = call.args[place + 1 :]
        if called_name(call) in ("Timer", "apply_async", "start_new_thread") and given:
            given = given[0].elts if isinstance(given[0], (ast.Tuple, ast.List)) else []
    yield from zip(parameters, given, strict=False)


def mentioned(reading: Reading, nodes: list[ast.AST]) -> set[str]:
    """How a function is mentioned in another: "started" in a thread, "called", or "named" in some other way."""
    found: set[str] = set()
    for node in nodes:
        parent = reading.parents.get(id(node))
        above = reading.parents.get(id(parent)) if parent is not None else None
        if isinstance(parent, ast.Call) and parent.func is node:
            found.add("called")
        elif isinstance(parent, ast.keyword) and isinstance(above, ast.Call) and called_name(above) in STARTERS:
            found.add("started" if called_name(above) != "Timer" else "named")
        elif isinstance(parent, ast.keyword) and parent.arg == "target":
            found.add("started")  # of a class derived from Thread
        elif isinstance(parent, ast.Call) and called_name(parent) in STARTERS:
            found.add("started" if called_name(parent) != "Timer" else "named")
        else:
            found.add("named")
    return found
