"""Row 20: the checksum job over a few large files, beside the programs that people use for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from taskmon import TaskRunner
from taskmon.jobs.checksum import checksum
from tests.benchmarks.measure import Claim, Reading, Readings, Row, Settings, Step, at_most, plain, ratio
from tests.benchmarks.programs import timed

_FILES: Final = 4
_MB: Final = 200
_QUICK_MB: Final = 60


def _hash(settings: Settings) -> Readings:
    """Seconds for all of them, which the system has read before."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    peers = {
        "openssl": f"ls {{}}/* | xargs -P {cores} -n 1 openssl dgst -sha256",
        "sha256sum": "sha256sum {}/*",
    }
    with tempfile.TemporaryDirectory(prefix="taskmon-bench-") as folder, TaskRunner(1) as runner:
        block = os.urandom(1_000_000)
        for number in range(_FILES):
            with Path(folder, f"file-{number}").open("wb") as file:
                for _ in range(_QUICK_MB if settings.quick else _MB):
                    file.write(block)

        def ours() -> float:
            return timed(lambda: runner.start(checksum, [folder]).result())

        readings: dict[str, Reading] = {}
        before = ours()
        for name, command in peers.items():
            if shutil.which(name) is None:
                readings[name] = "not installed"
                continue
            words = ["sh", "-c", command.format(folder)]
            readings[name] = timed(lambda words=words: subprocess.run(words, check=True, stdout=subprocess.DEVNULL))
        readings["ours"] = (before + ours()) / 2  # so that a change of the machine's pace favours nobody
    return readings


ROW: Final = Row(
    20,
    "checksum",
    "Checksums of four large files",
    [Step("hash", _hash)],
    [
        Claim(
            "time",
            ratio("hash.ours", "hash.openssl"),
            at_most(1.1),
            "openssl dgst, one for each core",
            caption="Checksums of four large files",
        ),
        Claim("time", ratio("hash.ours", "hash.sha256sum"), at_most(1.1), "sha256sum"),
        Claim("time", plain("hash.ours"), unit="s"),
    ],
)
