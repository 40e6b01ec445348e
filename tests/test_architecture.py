"""The house rules that no single module can keep: who imports whom, what needs Qt."""

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from taskmon.core.base.text import SINGULARS

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "taskmon"
MODULES = sorted(PACKAGE.rglob("*.py"))
WITHOUT_QT = [
    "taskmon", "taskmon.cli.main", "taskmon.core", "taskmon.cli.terminal", "taskmon.history.recorder", "taskmon.jobs",
    "taskmon.link.program.publish", "taskmon.link.window.server", "taskmon.cli.options", "taskmon.preflight",
    "taskmon.settings.store", "taskmon.watch.agent",
]  # fmt: skip


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=100,
    )


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_imports_point_one_way() -> None:
    done = python(
        "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_logo=True, no_cache=True))"
    )

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("module", WITHOUT_QT)
def test_what_the_terminal_needs_works_without_qt(module: str) -> None:
    """Blocked, not only unused: an import inside try/except would go unseen otherwise."""
    done = python(f"import sys; sys.modules['PySide6'] = sys.modules['shiboken6'] = None; import {module}")

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("module", WITHOUT_QT)
def test_what_the_terminal_needs_does_not_load_qt(module: str) -> None:
    done = python(f"import sys, {module}; print(*sorted({{'PySide6', 'shiboken6'}} & set(sys.modules)))")

    assert (done.returncode, done.stdout.strip()) == (0, "")


@pytest.mark.parametrize("path", [path for path in MODULES if "__all__" in path.read_text()], ids=name_of)
def test_every_public_name_is_there(path: Path) -> None:
    parts = path.relative_to(ROOT).with_suffix("").parts
    module = importlib.import_module(".".join(parts).removesuffix(".__init__"))

    assert len(module.__all__) == len(set(module.__all__))
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


def test_every_module_says_what_it_is() -> None:
    silent = [name_of(path) for path in MODULES if not ast.get_docstring(ast.parse(path.read_text()))]

    assert silent == []


def test_the_tour_names_what_is_there() -> None:
    """Every path in the guide for contributors and in the map of the package, seen from here or from the package."""
    guide = (ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`((?:[\w.-]+/)+(?:[\w-]+\.\w+)?)`", guide))
    docstring = ast.get_docstring(ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))) or ""
    mapped = set(re.findall(r"^(\w+(?:/|\.py)) ", docstring, re.MULTILINE))
    assert len(mapped) > 10
    assert len(told) > 60
    named = {path for path in told | mapped if "NAME" not in path}  # of a file to be made

    missing = [path for path in sorted(named) if not any((base / path).exists() for base in (ROOT, PACKAGE))]
    assert missing == []


def test_comments_and_docstrings_name_modules_that_are_there() -> None:
    """Of a name behind the module, that module speaks at least."""
    gone = []
    for path in MODULES:
        for name in set(
            re.findall(r"`((?:taskmon|core|link|watch|bridge|ui)(?:\.\w+)+)`", path.read_text(encoding="utf-8"))
        ):
            parts = name.removeprefix("taskmon.").split(".")
            home = PACKAGE
            while parts and (home / parts[0]).is_dir():
                home /= parts.pop(0)
            module = (
                home / f"{parts.pop(0)}.py" if parts and (home / f"{parts[0]}.py").exists() else home / "__init__.py"
            )
            text = module.read_text(encoding="utf-8")
            gone += [f"{name_of(path)}: {name}" for part in parts if not re.search(rf"\b{part}\b", text)]

    assert sorted(gone) == []


def test_counts_are_said_in_the_right_number() -> None:
    """Outside Qt, whose `tr` knows plurals: “1 files” is what a sentence says that has a count and one form only."""
    several = re.compile(rf"[^A-Z]\}} ({'|'.join(SINGULARS)})\b")  # a limit, written in capitals, is never one
    found = []
    for path in MODULES:
        if name_of(path).startswith(("taskmon/ui/", "taskmon/bridge/")):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        both = [node for node in ast.walk(tree) if isinstance(node, ast.IfExp) or _is_call(node, "tr_count")]
        right = {part for node in both for part in ast.walk(node)}
        texts = [node for node in ast.walk(tree) if isinstance(node, (ast.JoinedStr, ast.Constant))]
        inside = {part for node in texts if isinstance(node, ast.JoinedStr) for part in node.values}
        found += [
            f"{name_of(path)}, line {node.lineno}: {ast.unparse(node)}"
            for node in texts
            if node not in right | inside and several.search(ast.unparse(node)) and "\n" not in ast.unparse(node)
        ]
    assert found == [], "say it with tr_count() or count_of(), or in two forms"


def _is_call(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def test_nothing_in_the_window_sleeps() -> None:
    """The linter bans time.sleep elsewhere; here its ban on imports is lifted for the sake of QtWidgets."""
    sleepers = [
        f"{name_of(path)}:{node.lineno}"
        for path in [PACKAGE / "app.py", *(PACKAGE / "ui").rglob("*.py")]
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Attribute) and node.attr in {"sleep", "msleep", "usleep"})
        or (isinstance(node, ast.ImportFrom) and node.module == "time" and "sleep" in {n.name for n in node.names})
    ]

    assert sleepers == []
