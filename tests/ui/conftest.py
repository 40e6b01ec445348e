"""What all tests of widgets have in common."""

from __future__ import annotations

import math

import pytest

from taskmon.ui.table import view


@pytest.fixture(autouse=True)
def _frames_have_the_time_they_need(monkeypatch: pytest.MonkeyPatch) -> None:
    """How many rows one paints would otherwise be a matter of the machine."""
    monkeypatch.setattr(view, "_LONGEST", math.inf)
