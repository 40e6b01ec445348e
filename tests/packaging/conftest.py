"""packaging/ holds scripts and not a package: these fixtures import them the way Python does when it starts them."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def root() -> Path:
    return ROOT


@pytest.fixture
def _scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "packaging")


@pytest.fixture
def needs(_scripts: None) -> ModuleType:
    return importlib.import_module("needs")


@pytest.fixture
def dev(needs: ModuleType) -> ModuleType:
    return importlib.import_module("dev")


@pytest.fixture
def release(_scripts: None) -> ModuleType:
    return importlib.import_module("release")


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[list[str]]]:
    """What would have been run; every command succeeds and does nothing."""
    run: list[list[str]] = []

    def call(command: list[str], **_options: object) -> int:
        run.append([str(word) for word in command])
        return 0

    monkeypatch.setattr("subprocess.call", call)
    return run
