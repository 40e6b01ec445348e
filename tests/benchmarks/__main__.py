"""``python3 packaging/dev.py bench``: measure, print the table, and write it down where it was asked for."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from tests.benchmarks import picture, table
from tests.benchmarks.measure import Settings
from tests.benchmarks.rounds import ROOT, measure
from tests.benchmarks.rows import ROWS, select

PICTURE = ROOT / "resources/pictures/benchmark.svg"
TABLE = ROOT / "packaging/benchmark.txt"
_PEERS = ("PySide6-Essentials", "tqdm", "rich", "superqt", "cantok", "trio")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for. A missed target is a result; only a measurement that broke is a failure."""
    options = _parse(arguments)
    try:
        rows = select(options.names)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    began = time.monotonic()
    about = environment(quick=options.quick)
    outcomes = measure(rows, Settings(options.quick), _say)
    about["seconds"] = round(time.monotonic() - began)
    told = f"{headline(about)}\n\n{table.text(outcomes)}"
    print(told, flush=True)
    if options.json:
        options.json.write_text(json.dumps(table.document(outcomes, about), indent=1, ensure_ascii=False) + "\n")
    if options.picture:
        PICTURE.write_text(picture.draw(outcomes, headline(about)))
        TABLE.write_text(f"{told}\n")
        _say(f"Wrote {PICTURE.relative_to(ROOT)} and {TABLE.relative_to(ROOT)}")
    broken = [outcome for outcome in outcomes if outcome.broken]
    for outcome in broken:
        print(f"{outcome.row.name} broke: {outcome.broken}", file=sys.stderr)
    return 1 if broken else 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python3 packaging/dev.py bench",
        description="Measure taskmon beside its peers. All figures are ratios of one run; a whole interval decides."
        " All rows take more than half an hour.",
        epilog=f"names: {', '.join(row.name for row in ROWS)}",
    )
    parser.add_argument("names", metavar="NAME", nargs="*", help="rows to measure, by name or number; else all")
    parser.add_argument("--quick", action="store_true", help="under five minutes, and less precise")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write everything measured to FILE")
    parser.add_argument("--picture", action="store_true", help="also draw the picture, and keep the table")
    return parser.parse_args(arguments)


def environment(*, quick: bool) -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in _PEERS},
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "qt_platform": os.environ.get("QT_QPA_PLATFORM", "offscreen"),
        "load_before": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "quick": quick,
    }


def headline(about: dict[str, Any]) -> str:
    """The environment in one line."""
    qt = about["packages"]["PySide6-Essentials"]
    how = ", --quick" if about["quick"] else ""
    load = about.get("load_before")
    busy = f", load {load:.1f} before" if load is not None else ""
    return f"Python {about['python']}, PySide6 {qt}, {platform.system()}, {about['cores']} cores{busy}{how}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _say(words: str) -> None:
    print(f"· {words}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
