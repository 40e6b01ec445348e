"""The house rules of every test: nothing is logged that was not asked for, and nothing is left behind."""

from __future__ import annotations

import atexit
import itertools
import logging
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator

import hypothesis
import pytest
from pytestqt.qtbot import QtBot

from tests.helpers.leaks import no_leaks, no_programs

os.environ.pop("PYTHONUNBUFFERED", None)  # it hides what an unflushed output does at exit
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before any test imports Qt
# A shell's background job ignores Ctrl-C, and so would the programs that these tests start and send it to.
signal.signal(signal.SIGINT, signal.default_int_handler)
# Each test has a place of its own below, see `_own_place`; what several share, such as a cluster, has this one.
_GROUND = tempfile.mkdtemp(prefix="taskmon-tests-")
atexit.register(shutil.rmtree, _GROUND, ignore_errors=True)
_PLACES = {f"TASKMON_{kind}_DIR": kind.lower() for kind in ("CONFIG", "DATA", "RUNTIME")}
_numbers = itertools.count()
os.environ.update({name: os.path.join(_GROUND, "shared", folder) for name, folder in _PLACES.items()})

# On a machine that is busy with the other tests, how long an example takes says nothing.
hypothesis.settings.register_profile("untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("untimed")
# Nor does how long a window, a signal or a condition takes: what these wait for comes at once, where there is time.
for _wait in (QtBot.waitActive, QtBot.waitExposed, QtBot.waitSignal, QtBot.waitSignals, QtBot.waitUntil):
    _wait.__kwdefaults__["timeout"] = 30_000


def pytest_sessionfinish() -> None:
    """Delete the widgets of the last test before Qt ends: a table that outlives it says so on the way out."""
    core = sys.modules.get("PySide6.QtCore")
    if core is not None and core.QCoreApplication.instance() is not None:
        core.QCoreApplication.sendPostedEvents(None, core.QEvent.Type.DeferredDelete)


class ExpectedLog:
    """What a test says it will cause to be logged, from WARNING on. Call it with a part of the message."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.records: list[logging.LogRecord] = []

    def __call__(self, part: str) -> None:
        self._parts.append(part)

    def check(self) -> None:
        """Fail for what came unexpected, and for what was expected and did not come."""
        messages = [f"{record.levelname} {record.name}: {record.getMessage()}" for record in self.records]
        unexpected = [text for text in messages if not any(part in text for part in self._parts)]
        missing = [part for part in self._parts if not any(part in text for text in messages)]
        assert not unexpected, "logged without having been expected: " + "; ".join(unexpected)
        assert not missing, "expected to be logged, but was not: " + "; ".join(missing)


class _Recorder(logging.Handler):
    def __init__(self, records: list[logging.LogRecord]) -> None:
        super().__init__(logging.WARNING)
        self._records = records

    def emit(self, record: logging.LogRecord) -> None:
        self._records.append(record)


@pytest.fixture(autouse=True)
def _own_place(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test begins without settings and history, and meets no program but those that it starts."""
    place = os.path.join(_GROUND, str(next(_numbers)), "")
    for name, folder in _PLACES.items():
        monkeypatch.setenv(name, os.path.join(place, folder))
    with no_programs(place):
        yield
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(autouse=True)
def _ctrl_c_as_before() -> Iterator[None]:
    """The start of a window leaves Ctrl-C to the system while Qt is loading: in a process of its own, for good."""
    before = signal.getsignal(signal.SIGINT)
    yield
    if signal.getsignal(signal.SIGINT) is not before:
        signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def _nothing_left_behind(_logging_is_failing: None) -> Iterator[None]:
    with no_leaks():
        yield


@pytest.fixture(autouse=True)
def _logging_is_failing(expected_log: ExpectedLog) -> Iterator[None]:
    handler = _Recorder(expected_log.records)
    root = logging.getLogger()
    root.addHandler(handler)
    yield
    root.removeHandler(handler)
    expected_log.check()


@pytest.fixture
def expected_log() -> ExpectedLog:
    """Ask for a log message of WARNING or worse: ``expected_log("part of it")``."""
    return ExpectedLog()
