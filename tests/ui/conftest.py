"""What all tests of widgets have in common."""

from __future__ import annotations

import math

import pytest

from taskmon.ui.table import deadlock_banner, pressing, view


@pytest.fixture(autouse=True)
def _frames_have_the_time_they_need(monkeypatch: pytest.MonkeyPatch) -> None:
    """How many rows one paints would otherwise be a matter of the machine."""
    monkeypatch.setattr(view, "_LONGEST", math.inf)


@pytest.fixture(autouse=True)
def _what_has_just_changed_has_just_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the machine takes from there to the click."""
    for module in (deadlock_banner, pressing):
        monkeypatch.setattr(module, "DEAD_TIME", 3600.0)
