from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.fixture(scope="session")
def may_look() -> None:
    """Many a container and many a system let nobody look into another process, not even into one's own child."""
    from taskmon.attach.freezing import while_frozen
    from taskmon.attach.refusals import Refused

    child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    try:
        while_frozen(child.pid, lambda: None)
    except Refused as refused:
        pytest.skip(f"this system does not let one process look into another: {refused.message}")
    finally:
        child.communicate()
