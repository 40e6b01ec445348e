"""Every text that taskmon shows, found by reading its source: the first half of `dev.py translate`.

Qt's own lupdate reads no Python modules without classes, so it is given what is found here. A text is

- the literal in ``self.tr("…")``, ``text.tr("…")``, ``tr("…")``, ``mark("…")``, both in ``tr_count(n, "…", "…")``,
- a value of a table whose name ends in LABELS,
- the title, description, label and help of a job and of its parameters,
- the literal title and message of a `TaskmonError`, which the window translates.

All are in one context. Where one word means two things, the second argument of ``tr`` tells them apart. What cannot
be found this way would stay English for ever, so it is reported as a problem.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

#: Of these, `tr` may be given what has been marked elsewhere.
_LATE: Final = frozenset({"text", "translate", ""})
#: Modules that speak to the terminal alone, which is English.
_TERMINAL: Final = ("taskmon/cli/", "taskmon/link/", "taskmon/preflight")
_DECLARATIONS: Final = {
    "JobType": {"title", "description"},
    "Parameter": {"label", "help"},
}


class Text(NamedTuple):
    """A text to translate."""

    source: str
    comment: str = ""
    plural: bool = False


class Found(NamedTuple):
    """What a source tree says."""

    texts: list[Text]
    problems: list[str]


def gather(package: Path) -> Found:
    """Read every module below `package`."""
    texts: dict[Text, None] = {}
    problems: list[str] = []
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package.parent).as_posix()
        reader = _Reader(name)
        reader.visit(ast.parse(path.read_text(encoding="utf-8"), name))
        texts |= dict.fromkeys(reader.texts)
        problems += reader.problems
    return Found(sorted(texts), problems)


class _Reader(ast.NodeVisitor):
    def __init__(self, name: str) -> None:
        self._name = name
        self.texts: list[Text] = []
        self.problems: list[str] = []

    def visit_Assign(self, node: ast.Assign) -> None:
        self._read_table(node.targets, node.value)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._read_table([node.target], node.value)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
        if name in ("tr", "mark") and node.args:
            self._read_call(node, called, marks=name == "mark")
        elif name == "tr_count":
            self.texts += [Text(source) for value in node.args[1:3] for source in _literals(value)]
        elif name == "TaskmonError" and not self._name.startswith(_TERMINAL):
            self.texts += [Text(source) for value in node.args[:2] for source in _literals(value)]
        elif name in _DECLARATIONS:
            self._read_declaration(node, name)
        self.generic_visit(node)

    def _read_call(self, node: ast.Call, called: ast.expr, *, marks: bool) -> None:
        owner = called.value if isinstance(called, ast.Attribute) else None
        receiver = "" if owner is None else owner.id if isinstance(owner, ast.Name) else "?"
        if marks and receiver not in _LATE:
            return  # another object's method of that name
        sources = list(_literals(node.args[0]))
        if sources:
            comment = next(_literals(node.args[1]), "") if len(node.args) > 1 else ""
            self.texts += [Text(source, comment, len(node.args) > 2) for source in sources]
        elif receiver not in _LATE or isinstance(node.args[0], (ast.JoinedStr, ast.BinOp)):
            self._complain(node, "only a literal can be translated; put values in with {name} and .format()")

    def _read_declaration(self, node: ast.Call, name: str) -> None:
        wanted = _DECLARATIONS[name]
        values = [keyword.value for keyword in node.keywords if keyword.arg in wanted]
        if name == "Parameter" and len(node.args) > 1:
            values.append(node.args[1])
        self.texts += [Text(source) for value in values for source in _literals(value) if source]

    def _read_table(self, targets: list[ast.expr], value: ast.expr | None) -> None:
        names = [target.id for target in targets if isinstance(target, ast.Name)]
        if isinstance(value, ast.Dict) and any(name.rstrip("_").endswith("LABELS") for name in names):
            self.texts += [Text(source) for item in value.values for source in _literals(item) if source]

    def _complain(self, node: ast.AST, problem: str) -> None:
        self.problems.append(f"{self._name}:{getattr(node, 'lineno', 0)}: {problem}")


def _literals(node: ast.expr) -> Iterator[str]:
    """The text of a literal, or of both branches of a choice between literals."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _literals(node.body)
        yield from _literals(node.orelse)
