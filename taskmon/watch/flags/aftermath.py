"""What a thread does once it has left its loop: nothing, a report, or work that it has waited to do.

A flag ends a thread's work only if no work comes after the loop. Otherwise it may be what the work waits for, and
setting it would have the work done on a false premise: sell because of a `stop_loss`, start the new version because
the old one has `stopped`. What the thread tells its own object, or writes down of what it has made, is no such work;
what it tells other objects is news to whoever goes by them.
"""

from __future__ import annotations

import ast
import re
import threading
import types
from typing import Final, NamedTuple

from taskmon.watch.flags import calls, inspect_safely
from taskmon.watch.flags.bindings import own_nodes
from taskmon.watch.flags.loops import Loop, called_name
from taskmon.watch.flags.names import words, words_of
from taskmon.watch.flags.scope import Scope, Seen

#: Nothing but clean-up and words; a change of the object's own state; a report of what was done; something that
#: another object is told of which the thread has made nothing; anything more.
NOTHING, CHANGE, REPORT, ACT, WORK = 0, 1, 2, 3, 4
_DEEPEST: Final = 3


class Follow(NamedTuple):
    """How much comes after, and the first thing that makes it so."""

    level: int
    words: str = ""


_TALK: Final = words("""
    print log debug info warning warn error exception critical write_line echo secho format str repr len sum min max
    round sorted int float bool list tuple dict set monotonic time perf_counter strftime join_path now is_set isSet
    is_alive getLogger current_thread get_ident getpid isinstance hasattr getattr any all enumerate zip range reversed
    sleep wait locked empty qsize keys values items copy strip split upper lower rstrip name total_seconds isoformat
    done cancelled fileno abs type id next iter getvalue basename encode decode super exists read_text read_bytes
    Path gettempdir
""")
_CLEANING: Final = words("""
    close closes aclose shutdown join flush release disconnect terminate cleanup clean_up teardown tear_down
    task_done notify notify_all unregister unsubscribe remove_handler deregister detach cancel
    __exit__ quit_mainloop server_close stop_recording release_resources rollback reset restore unbind
    deinit deinitialize uninit disable finalize dispose free
""")
#: What takes something away: from oneself, or from others.
_TAKING: Final = words("clear pop popleft popitem discard remove unlink rmtree rmdir destroy")
#: What adds to what others may look at.
REPORTING: Final = words("""
    append appendleft add put put_nowait extend update set set_result set_exception emit send_nowait insert
    setdefault write writelines write_text write_bytes increment count inc observe report
""")
_SENDING: Final = words("send sendall sendto write writelines")
#: `exit` is not among them: in a thread it ends no more than that.
_ENDS: Final = frozenset({"_exit", "abort", "kill", "killpg", "execv", "system"})
_ASKING: Final = (("get",), ("is",), ("has",))
#: Words that a call which only looks begins with.
_READS: Final = words("""
    read get recv receive poll peek fetch query load list stat exists is has check look ask sample measure count size
    tell next refresh readline scan probe ping status can should need len
""")
_SLEEPS: Final = words("sleep wait usleep msleep processEvents pause select tick join acquire release idle")


class _Known(NamedTuple):
    """What is known of the thread that is on its way out."""

    #: The loops that the same flag ends, by the identity of their nodes.
    ended: frozenset[int]
    #: What the loop itself writes, adds to or calls.
    products: frozenset[str]
    #: The objects whose own affairs these are: that whose method it is, and the one that the thread was given.
    owners: tuple[object, ...] = ()
    #: The files that the thread itself has written, in words.
    written: frozenset[str] = frozenset()
    #: What is closed beside it, in words: it may be told so before.
    closed: frozenset[str] = frozenset()
    #: What the code calls the flag, and what it is then.
    flag: tuple[str, bool] = ("", True)
    #: The objects that the loop works on, in words.
    worked_on: frozenset[str] = frozenset()


class Left(NamedTuple):
    """How a loop was left, and by whose thread."""

    #: The loop, if it stands in the same function. A last word on what it made itself is no news: the speed set to
    #: nought that the loop has kept setting.
    loop: Loop | ast.comprehension | None = None
    #: The object that the thread is at work for, beside the one whose method it runs.
    owner: object = None
    #: The files that the thread has written, as the code calls them.
    written: frozenset[str] = frozenset()
    #: What the code calls the flag, and what it is then.
    flag: tuple[str, bool] = ("", True)


_NOT_LEFT: Final = Left()


def after_loop(
    scope: Scope, statements: tuple[ast.stmt, ...] | list[ast.stmt], ended: frozenset[int], left: Left = _NOT_LEFT
) -> Follow:
    """What comes after. `ended`: the loops that the same flag ends, by the identity of their nodes."""
    own = tuple(each for each in (_first_of(scope), left.owner) if each is not None)
    known = _Known(ended, _products(left.loop), own, left.written, frozenset(), left.flag, _worked_on(scope, left.loop))
    return _block(scope, list(statements), known, 0)


def _first_of(scope: Scope) -> object:
    """The object whose method a function is; None if it is none."""
    code = scope.function.__code__
    seen = scope.arguments.get(code.co_varnames[0]) if code.co_argcount and scope.found.class_name else None
    return seen.value if seen is not None else None


def _products(loop: Loop | ast.comprehension | None) -> frozenset[str]:
    found = set()
    for node in own_nodes(loop) if isinstance(loop, (ast.While, ast.For, ast.AsyncFor)) else ():
        if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Store):
            found.add(ast.unparse(node))
            if isinstance(node, ast.Subscript):
                found.add(ast.unparse(node.value))
        elif isinstance(node, ast.Call):
            found.add(ast.unparse(node))  # done once more, for what is left, as in every round
            if called_name(node) in _SENDING:
                found.add(ast.unparse(node.func))
            if isinstance(node.func, ast.Attribute) and node.func.attr in REPORTING:
                found.add(ast.unparse(node.func.value))
    return frozenset(found)


def _worked_on(scope: Scope, loop: Loop | ast.comprehension | None) -> frozenset[str]:
    """What the loop changes by its methods, round after round: the lamp that it turns."""
    found = set()
    for node in own_nodes(loop) if isinstance(loop, (ast.While, ast.For, ast.AsyncFor)) else ():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            inner = calls.follow(scope, node)
            if inner is not None and _first_of(inner) is not None and makes_something(inner, inner.node):
                found.add(ast.unparse(node.func.value))
    return frozenset(found)


def _is_of_what_was_worked_on(statement: ast.Assign | ast.AnnAssign | ast.AugAssign, known: _Known) -> bool:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return all(isinstance(each, ast.Attribute) and ast.unparse(each.value) in known.worked_on for each in targets)


def _block(scope: Scope, statements: list[ast.stmt], known: _Known, depth: int) -> Follow:
    worst = Follow(NOTHING)
    known = known._replace(closed=known.closed | _closed_by(statements))
    for statement in statements:
        found = _statement(scope, statement, known, depth)
        if found.level > worst.level:
            worst = found
        if isinstance(statement, ast.If) and _ends(_known_branch(statement, known.flag)):
            break  # `if self.cancelled: return`: what comes after it is done otherwise
    return worst


def _ends(block: list[ast.stmt] | None) -> bool:
    return bool(block) and isinstance(block[-1], (ast.Return, ast.Raise))  # type: ignore[index]


def is_through_by_itself(scope: Scope, over: ast.expr) -> bool:
    """Whether what a loop goes over comes to an end, so that what follows the loop may be for when all is done."""
    seen = scope.look(over)
    if seen is not None and type(seen.value) in (list, tuple, set, frozenset, dict, range, str, bytes):
        return True
    if not isinstance(over, ast.Call):
        return False
    return called_name(over) in _FINITE or any(is_through_by_itself(scope, each) for each in over.args)


#: What gives so many items and no more: parts of a collection, of a folder, of what is downloaded.
_FINITE: Final = words("""
    range items values keys listdir scandir walk glob rglob iterdir iter_content iter_bytes iter_raw iter_chunks
    fetchall findall split splitlines readlines
""")


def _closed_by(statements: list[ast.stmt]) -> frozenset[str]:
    calls_ = [part.value for part in statements if isinstance(part, ast.Expr) and isinstance(part.value, ast.Call)]
    return frozenset(
        ast.unparse(call.func.value)
        for call in calls_
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("close", "aclose", "shutdown")
    )


def _statement(scope: Scope, statement: ast.stmt, known: _Known, depth: int) -> Follow:
    if isinstance(statement, (ast.While, ast.For, ast.AsyncFor)) and id(statement) in known.ended:
        return Follow(NOTHING)
    if isinstance(statement, ast.If) and (block := _known_branch(statement, known.flag)) is not None:
        return _block(scope, block, known, depth)
    match statement:
        case (
            ast.Pass() | ast.Global() | ast.Nonlocal() | ast.Import() | ast.ImportFrom() | ast.Break() | ast.Continue()
        ):
            return Follow(NOTHING)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return Follow(NOTHING)
        case ast.Raise(exc=ast.Call(func=ast.Name(), args=args)):  # an exception, whatever it is called
            return _block(scope, [ast.copy_location(ast.Expr(each), each) for each in args], known, depth)
        case ast.Delete(targets=targets):
            own = all(_is_local(scope, each) or _is_kept_by_own(scope, each, known) for each in targets)
            return Follow(NOTHING) if own else Follow(WORK, f"deletes {ast.unparse(targets[0])[:60]}")
        case ast.Expr() | ast.Return() | ast.Raise() | ast.Assert():
            return _calls(scope, statement, known, depth)
        case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
            made = _calls(scope, statement, known, depth)
            told = f"writes {_target_words(statement)} (line {statement.lineno})"
            if _is_put_back(scope, statement):
                return made
            if _is_own_state(scope, statement, known) or _is_product(statement, known):
                if isinstance(statement, ast.AugAssign) and _counts_both_ways(scope, statement):
                    return made
                is_news = made.level < CHANGE and _tells_a_new_state(statement)
                return Follow(CHANGE, told) if is_news else made
            tells = _involves(scope, statement.value, known) or _tells_of_the_end(statement)
            tells = tells or _is_of_what_was_worked_on(statement, known)
            level = REPORT if tells else ACT
            return Follow(level, told) if made.level < level else made
        case (
            ast.If()
            | ast.While()
            | ast.For()
            | ast.AsyncFor()
            | ast.With()
            | ast.AsyncWith()
            | ast.Try()
            | (ast.TryStar())
            | ast.Match()
        ):
            return _compound(scope, statement, known, depth)
    return Follow(WORK, f"line {statement.lineno}")


def _known_branch(statement: ast.If, flag: tuple[str, bool]) -> list[ast.stmt] | None:
    """The statements that are done, of a test for the flag itself: `if job.aborted: …`."""
    test, is_set = statement.test, flag[1]
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test, is_set = test.operand, not is_set
    if not flag[0] or ast.unparse(test) not in (flag[0], f"{flag[0]}.is_set()"):
        return None
    return statement.body if is_set else statement.orelse


def _compound(scope: Scope, statement: ast.stmt, known: _Known, depth: int) -> Follow:
    worst = Follow(NOTHING)
    for name, value in ast.iter_fields(statement):
        if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
            found = _block(scope, value, known, depth)
        elif name == "handlers":
            found = _block(scope, [part for handler in value for part in handler.body], known, depth)
        elif name == "cases":
            found = _block(scope, [part for case in value for part in case.body], known, depth)
        elif isinstance(value, ast.expr):
            found = _calls(scope, value, known, depth)
        elif name == "items":
            found = Follow(NOTHING)
            for item in value:
                if (made := _calls(scope, item.context_expr, known, depth)).level > found.level:
                    found = made
        else:
            continue
        if found.level > worst.level:
            worst = found
    return worst


def _calls(scope: Scope, node: ast.AST, known: _Known, depth: int) -> Follow:
    worst = Follow(NOTHING)
    for part in [node, *own_nodes(node)]:
        if isinstance(part, (ast.Yield, ast.YieldFrom)):
            continue
        if isinstance(part, ast.Call):
            found = _call(scope, part, known, depth)
            if found.level > worst.level:
                worst = found
    return worst


def _call(scope: Scope, call: ast.Call, known: _Known, depth: int) -> Follow:
    name = called_name(call)
    told = f"calls {name or 'a function'}() (line {call.lineno})"
    base = scope.look(call.func.value) if isinstance(call.func, ast.Attribute) else None
    if name in _ENDS and not (name == "kill" and _is_own_child(scope, call, base, known)):
        return Follow(WORK, told)
    if ast.unparse(call) in known.products:
        return Follow(NOTHING)
    inner = calls.follow(scope, call)
    if inner is not None and (id(inner.node) in known.ended or _only_notes(inner)):
        return Follow(NOTHING)
    if depth < _DEEPEST and inner is not None and inspect_safely.is_programs(inner.function.__code__):
        if isinstance(inner.node, ast.Lambda):
            found = _calls(inner, inner.node.body, known, depth + 1)
        else:
            is_own = any(_first_of(inner) is own for own in known.owners)
            made = known.products if is_own else frozenset()
            made |= _given(scope, call, inner, known)
            flag = known.flag if is_own else ("", True)
            deeper = known._replace(ended=known.ended | {id(inner.node)}, products=made, flag=flag)
            found = _block(inner, inner.node.body, deeper, depth + 1)
        if found.level == ACT and name in _CLEANING:
            return Follow(REPORT, told)
        if _is_handed_in(scope, call) and _decides(inner, own_nodes(inner.node), frozenset()):
            return Follow(WORK, told)
        return found if found.level == NOTHING else Follow(found.level, told)
    if name in _TAKING:
        return Follow(_taken(scope, call, known), told)
    is_of_files = name == "copy" and len(call.args) > 1  # not `items.copy()`
    if (
        name in ("exit", "kill")
        or (name in _TALK and not is_of_files)
        or name in _CLEANING
        or name.endswith(("Error", "Exception", "Exit"))
    ):
        return Follow(NOTHING)
    if name in ("map", "filter") and call.args:  # nothing but the function it is given
        return _call(scope, ast.copy_location(ast.Call(call.args[0], [], []), call), known, depth)
    if _only_computes(scope, call) or (words_of(name)[:1] in _ASKING and len(words_of(name)) > 1 and not call.args):
        return Follow(NOTHING)
    if _is_logging(call) or set(words_of(name)) & {"close", "cleanup", "log", "logging", "teardown", "disconnect"}:
        return Follow(NOTHING)
    if name in _SENDING and isinstance(call.func, ast.Attribute):  # a last word: "goodbye"
        if ast.unparse(call.func.value) in known.closed:
            return Follow(NOTHING)
        if ast.unparse(call.func) in known.products:
            return Follow(REPORT, told)
        if _is_kept_by_own(scope, call.func.value, known) and all(isinstance(each, ast.Constant) for each in call.args):
            return Follow(ACT, told)
    if name in REPORTING:
        into = ast.unparse(call.func.value) if isinstance(call.func, ast.Attribute) else ""
        held = type(base.value) if base is not None else None
        is_list = held in (list, set, dict) and isinstance(call.func, ast.Attribute)
        if into in known.products:
            return Follow(NOTHING)
        if is_list and _is_kept_by_own(scope, call.func.value, known):  # type: ignore[attr-defined]
            return Follow(CHANGE, told)
        return Follow(NOTHING if _tells_own(scope, call) else REPORT, told)
    return Follow(WORK, told)


def _is_handed_in(scope: Scope, call: ast.Call) -> bool:
    """Whether it calls what somebody else has left there for the thread's end: `self.on_done(count)`."""
    if isinstance(call.func, ast.Name):
        return call.func.id in scope.locals.parameters
    base = scope.look(call.func.value) if isinstance(call.func, ast.Attribute) else None
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    return base is not None and name in (inspect_safely.own_names(base.value) or {})


def _is_own_child(scope: Scope, call: ast.Call, base: Seen | None, known: _Known) -> bool:
    """Whether it is a process that the thread's own object has started, or the function: `child.kill()`."""
    if not isinstance(call.func, ast.Attribute) or (
        base is not None and inspect_safely.is_a(base.value, types.ModuleType)
    ):
        return False
    return _is_local(scope, call.func.value) or _is_kept_by_own(scope, call.func.value, known)


#: Modules whose functions make values of what they are given, and touch nothing else.
_COMPUTING: Final = words("""
    math cmath statistics decimal fractions random zlib binascii base64 hashlib json struct operator itertools functools
    collections re string textwrap datetime copy html difflib unicodedata
""")


#: Functions of asyncio that only wait, for what is seen by itself.
_AWAITING: Final = words("gather wait_for shield all_tasks")


def _only_computes(scope: Scope, call: ast.Call) -> bool:
    """Whether it calls a function of the standard library that can do nothing to anybody: `zlib.crc32(data)`."""
    seen = scope.look(call.func)
    made = seen.value if seen is not None else None
    if type(made) not in (types.BuiltinFunctionType, types.FunctionType) or called_name(call) == "dump":
        return False
    if str(made.__module__).startswith("asyncio"):
        return called_name(call) in _AWAITING
    return str(made.__module__).lstrip("_").partition(".")[0] in _COMPUTING


def _given(scope: Scope, call: ast.Call, inner: Scope, known: _Known) -> frozenset[str]:
    """The parameters by which a function is given what the loop has made."""
    code = inner.function.__code__
    parameters = list(code.co_varnames[: code.co_argcount])
    if len(call.args) < len(parameters) and inner.found.class_name and isinstance(call.func, ast.Attribute):
        del parameters[0]
    given = [*zip(parameters, call.args, strict=False), *((each.arg or "", each.value) for each in call.keywords)]
    return frozenset(name for name, value in given if _involves(scope, value, known))


def _involves(scope: Scope, expr: ast.expr | None, known: _Known) -> bool:
    """Whether an expression has to do with what the loop has made, or the function itself."""
    for node in [expr, *own_nodes(expr)] if expr is not None else ():
        if isinstance(node, ast.Name) and node.id in scope.locals.bound:
            return True
        if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)) and ast.unparse(node) in known.products:
            return True
    return False


def _is_local(scope: Scope, expr: ast.expr) -> bool:
    return any(isinstance(node, ast.Name) and node.id in scope.locals.bound for node in [expr, *own_nodes(expr)])


def _taken(scope: Scope, call: ast.Call, known: _Known) -> int:
    """How much it is to others what is taken away: nothing of one's own; oneself from a list; anything else."""
    from_ = call.func.value if isinstance(call.func, ast.Attribute) else None
    base = scope.look(from_) if from_ is not None else None
    is_file = from_ is None or (base is not None and inspect_safely.is_a(base.value, types.ModuleType))
    what = call.args[0] if call.args and is_file else from_
    if what is None or ast.unparse(what) in known.written:
        return NOTHING
    if _is_local(scope, what):  # what it made for others is theirs
        return NOTHING
    given = [scope.look(argument) for argument in call.args if not is_file]
    if any(each is not None and each.value is own for each in given for own in known.owners):
        return NOTHING
    if not is_file and _is_kept_by_own(scope, what, known):
        return NOTHING
    if base is not None and inspect_safely.is_a(base.value, threading.Event):
        return REPORT
    return REPORT if call.args and not is_file else WORK


def _is_kept_by_own(scope: Scope, expr: ast.expr, known: _Known) -> bool:
    while isinstance(expr, ast.Subscript):
        expr = expr.value
    seen = scope.look(expr.value) if isinstance(expr, ast.Attribute) else None
    return seen is not None and any(seen.value is own for own in known.owners)


def _only_notes(scope: Scope) -> bool:
    """Whether a function is the program's own log: it is called so, and does no more than to add a line to a file."""
    node = scope.node
    if isinstance(node, ast.Lambda) or not set(words_of(node.name)) & _NOTES:
        return False
    adds = False
    for part in own_nodes(node):
        if isinstance(part, (ast.While, ast.Raise, ast.Delete)):
            return False
        if isinstance(part, (ast.Attribute, ast.Subscript)) and isinstance(part.ctx, ast.Store):
            return False
        if isinstance(part, ast.Call):
            name = called_name(part)
            if name == "open":
                adds = adds or any(isinstance(each, ast.Constant) and each.value in _ADDING_MODES for each in part.args)
            elif name not in _NOTING and name not in _TALK:
                return False
    return adds and not any(isinstance(part, (ast.Global, ast.Nonlocal)) for part in own_nodes(node))


_NOTES: Final = words("log logger logging logged debug trace note journal echo say print")
#: Ways to open a file that leave in it what is there.
_ADDING_MODES: Final = frozenset({"a", "at", "ab", "a+"})
#: What else such a function calls.
_NOTING: Final = words("write writelines flush close dumps get encode join items fsync getenv")


def _is_logging(call: ast.Call) -> bool:
    base = call.func.value if isinstance(call.func, ast.Attribute) else None
    name = base.attr if isinstance(base, ast.Attribute) else base.id if isinstance(base, ast.Name) else ""
    return bool({"log", "logger", "logging", "console"} & set(words_of(name))) or name in ("stdout", "stderr")


def _tells_own(scope: Scope, call: ast.Call) -> bool:
    """Whether what it tells was made in this function, a count or a list of what the loop has done."""
    for argument in [*call.args, *(keyword.value for keyword in call.keywords)]:
        for node in [argument, *own_nodes(argument)]:
            if isinstance(node, ast.Name) and node.id in scope.locals.bound:
                return True
    return not call.args and not call.keywords


def _is_own_state(scope: Scope, statement: ast.Assign | ast.AnnAssign | ast.AugAssign, known: _Known) -> bool:
    """Whether it writes variables of the function only, or of the very object whose thread this is.

    What an object it knows is told thereby is news to others: the insurance of a person, the state of a pump.
    """
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    for target in targets:
        for node in [target, *own_nodes(target)]:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                if node.id in scope.locals.global_names or node.id in scope.locals.nonlocal_names:
                    return False
            elif isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Store):
                base: ast.expr = node
                while isinstance(base, ast.Subscript):
                    base = base.value
                base = base.value if isinstance(base, ast.Attribute) else base
                is_local = isinstance(base, ast.Name) and base.id in scope.locals.bound
                if not is_local and not _is_kept_by_own(scope, node, known):
                    return False
    return True


def _is_product(statement: ast.Assign | ast.AnnAssign | ast.AugAssign, known: _Known) -> bool:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return all(ast.unparse(target) in known.products for target in targets)


def _is_put_back(scope: Scope, statement: ast.Assign | ast.AnnAssign | ast.AugAssign) -> bool:
    """Whether what the function itself has set before is at rest again: the motor "on", and "off"."""
    value = statement.value
    is_at_rest = isinstance(value, ast.Constant) and (
        not value.value or (type(value.value) is str and set(words_of(value.value)) & _AT_REST)
    )
    if not isinstance(statement, ast.Assign) or not is_at_rest:
        return False
    before = {
        ast.unparse(target)
        for node in own_nodes(scope.node)
        if isinstance(node, ast.Assign) and node.lineno < statement.lineno
        for target in node.targets
    }
    return all(ast.unparse(target) in before for target in statement.targets)


_AT_REST: Final = words("off idle rest resting stopped closed ended parked down none free still offline")

_ENDED: Final = words("""
    stopped done finished finish ended end closed close exited complete completed state status stopping thread worker is
    running alive active busy
""")


#: Words by which something is told to have ended, or to be at rest.
TELLING_THE_END: Final = _ENDED | _AT_REST


def _tells_of_the_end(statement: ast.Assign | ast.AnnAssign | ast.AugAssign) -> bool:
    """`status.running = False`: whether it says no more than that the thread has ended."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    named = [target.attr for target in targets if isinstance(target, ast.Attribute)]
    return len(named) == len(targets) and all(set(words_of(name)) & _ENDED for name in named)


def _tells_a_new_state(statement: ast.Assign | ast.AnnAssign | ast.AugAssign) -> bool:
    """Whether it gives the object a value that tells more than that its thread has ended: `self.role = "leader"`."""
    if isinstance(statement, ast.AnnAssign):
        return False
    if isinstance(statement, ast.AugAssign):
        return isinstance(statement.target, ast.Attribute)
    if isinstance(statement.value, ast.Constant) and not statement.value.value:
        return False
    if isinstance(statement.value, (ast.List, ast.Dict, ast.Tuple)):
        return False
    return any(
        isinstance(target, ast.Attribute) and not set(words_of(target.attr)) & _ENDED for target in statement.targets
    )


def _counts_both_ways(scope: Scope, statement: ast.AugAssign) -> bool:
    """`self.sessions -= 1` where the function has said `self.sessions += 1` before."""
    told = ast.unparse(statement.target)
    return any(
        isinstance(node, ast.AugAssign) and node is not statement and ast.unparse(node.target) == told
        for node in own_nodes(scope.node)
    )


def _target_words(statement: ast.Assign | ast.AnnAssign | ast.AugAssign) -> str:
    target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
    return ast.unparse(target)[:60]


def only_waits(scope: Scope, loop: Loop | ast.comprehension) -> bool:
    """Whether the loop may be there to wait: it sleeps, looks, counts, collects and talks, and does nothing more."""
    return isinstance(loop, (ast.While, ast.For, ast.AsyncFor)) and _waits(scope, list(loop.body), 0)


def are_idle(scope: Scope, statements: list[ast.stmt]) -> bool:
    """Whether statements only sleep, look and talk, but for what is done on the way out of the loop.

    Stricter than `only_waits`: what the program calls a function of its own for is work, and so is what it counts.
    """
    going_on = _going_on(statements)
    if any(isinstance(node, ast.AugAssign) for part in going_on for node in [part, *own_nodes(part)]):
        return False
    return _waits(scope, going_on, _DEEPEST)


def said_after_waiting(
    scope: Scope, statements: tuple[ast.stmt, ...] | list[ast.stmt], loop: Loop, *, is_own: bool = False
) -> ast.Call | None:
    """The first call after a loop that only waits, if that is no clean-up and tells of other things than the waiting.

    If nothing outlasts a round of the loop, any such call, but that the thread says that it has ended, where the flag
    `is_own`; else one that is done or not by how other things are.
    """
    made = _products(loop)
    made |= {node.id for node in own_nodes(loop) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    made |= {ast.unparse(test) for test in _tests(own_nodes(loop))}  # asked in each round, it is no decision of now
    merely = not makes_something(scope, loop) and _waits(scope, _going_on(loop.body), _DEEPEST)
    for statement in statements:
        nodes = [statement, *own_nodes(statement)]
        call = next((each for each in nodes if isinstance(each, ast.Call) and called_name(each) not in _CLEANING), None)
        if call is None:
            continue
        if _decides(scope, nodes, made):
            return call
        if merely and not _mentions(statement, made) and not (is_own and _says_that_it_ends(statement)):
            return call
        inner = calls.follow(scope, call)
        if inner is not None and not _only_notes(inner) and _decides(inner, own_nodes(inner.node), made):
            return call
    return None


def _says_that_it_ends(statement: ast.stmt) -> bool:
    """Whether a line that is printed or logged says that the thread stops, and does nothing besides."""
    match statement:
        case ast.Expr(value=ast.Call() as call) if called_name(call) == "print" or _is_logging(call):
            if any(isinstance(node, ast.Call) and called_name(node) not in _TALK for node in own_nodes(call)):
                return False
            said = [node.value for node in ast.walk(call) if isinstance(node, ast.Constant) and type(node.value) is str]
            return any(_FAREWELL & set(re.findall("[a-z]+", text.lower())) for text in said)
    return False


_FAREWELL: Final = words("""
    stops stopped stopping exits exited exiting ends ended ending quits quitting leaves leaving bye
""")


def makes_something(scope: Scope, tree: ast.AST) -> bool:
    """Whether a loop, or what it calls, writes or collects anything that outlasts its round."""
    for node in own_nodes(tree):
        if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Store):
            return True
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in scope.locals.global_names:
            return True
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and node.func.attr in REPORTING:
                return True
            inner = calls.follow(scope, node)
            if inner is not None and inner.node is not tree and makes_something(inner, inner.node):
                return True
    return False


def _decides(scope: Scope, nodes: list[ast.AST], made: frozenset[str]) -> bool:
    """Whether one thing or another is done by how something is that the loop has not made."""
    parts = [part for test in _tests(nodes) if ast.unparse(test) not in made for part in [test, *own_nodes(test)]]
    called = [part.func for part in parts if isinstance(part, ast.Call)]
    return any(
        isinstance(part, (ast.Name, ast.Attribute)) and not any(part is each for each in called)
        and not _is_local(scope, part) and ast.unparse(part) not in made
        for part in parts
    )  # fmt: skip


def _tests(nodes: list[ast.AST]) -> list[ast.expr]:
    branches = [node for node in nodes if isinstance(node, (ast.If, ast.IfExp, ast.Match))]
    return [node.subject if isinstance(node, ast.Match) else node.test for node in branches]


def _mentions(statement: ast.stmt, made: frozenset[str]) -> bool:
    """Whether a statement has to do with anything of these, by their source."""
    return any(
        isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)) and ast.unparse(node) in made
        for node in own_nodes(statement)
    )


def leaves_changed(scope: Scope, statements: list[ast.stmt], depth: int = 0) -> str:
    """The first thing that lasts of what statements do, in words: "" if they only look, talk and let go of things.

    Less than work: whoever only counts an election, or enters a time, has acted all the same.
    """
    for part in statements:
        for node in [part, *own_nodes(part)]:
            if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
                if _lasts(scope, node):
                    return f"writes {_target_words(node)} (line {node.lineno})"
            elif isinstance(node, ast.Call) and depth < _DEEPEST and called_name(node) not in _TALK | _CLEANING:
                inner = calls.follow(scope, node)
                if (
                    inner is not None
                    and not isinstance(inner.node, ast.Lambda)
                    and inspect_safely.is_programs(inner.function.__code__)
                    and leaves_changed(inner, list(inner.node.body), depth + 1)
                ):
                    return f"calls {called_name(node)}() (line {node.lineno})"
    return ""


def _lasts(scope: Scope, statement: ast.Assign | ast.AnnAssign | ast.AugAssign) -> bool:
    """Whether an assignment outlives its function, and says more than that something has ended."""
    if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant) and not statement.value.value:
        return False
    if _tells_of_the_end(statement):
        return False
    for target in statement.targets if isinstance(statement, ast.Assign) else [statement.target]:
        for part in target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]:
            if isinstance(part, ast.Attribute):
                return True
            if isinstance(part, ast.Name) and part.id in scope.locals.global_names | scope.locals.nonlocal_names:
                return True
    return False


def take_something(statements: list[ast.stmt]) -> bool:
    """Whether statements call anything but what sleeps, talks or looks whether to go on."""
    return any(
        isinstance(node, ast.Call) and called_name(node) not in _SLEEPS | _TALK
        for statement in statements
        for node in [statement, *own_nodes(statement)]
    )


def _going_on(statements: list[ast.stmt]) -> list[ast.stmt]:
    """What is done in a round of the loop that is followed by another."""
    found: list[ast.stmt] = []
    for statement in statements:
        if isinstance(statement, ast.If):
            for block in (statement.body, statement.orelse):
                leaves = block and isinstance(block[-1], (ast.Break, ast.Return, ast.Raise))
                found += [] if leaves else _going_on(block)
        elif isinstance(statement, (ast.Try, ast.TryStar)):
            for block in (statement.body, *(handler.body for handler in statement.handlers), statement.orelse):
                found += _going_on(block)
            found += statement.finalbody
        else:
            found.append(statement)
    return found


def _waits(scope: Scope, body: list[ast.stmt], depth: int) -> bool:
    for statement in body:
        for node in [statement, *own_nodes(statement)]:
            if isinstance(node, (ast.Yield, ast.YieldFrom)):
                return False
            if not isinstance(node, ast.Call):
                continue
            name = called_name(node)
            first = words_of(name)[:1]
            if (
                (name in _SLEEPS and (depth >= _DEEPEST or calls.follow(scope, node) is None))
                or name in _TALK
                or _is_logging(node)
                or name.endswith(("Error", "Exception"))
            ):
                continue
            inner = calls.follow(scope, node)
            if inner is not None and _only_notes(inner):
                continue
            if depth < _DEEPEST and inner is not None:
                if isinstance(inner.node, ast.Lambda) or _waits(inner, list(inner.node.body), depth + 1):
                    continue
                return False
            if (first and first[0] in _READS) or name in (
                "append",
                "add",
                "extend",
                "appendleft",
                "clear",
                "randint",
                "random",
            ):
                continue
            return False
    return True
