"""``python -m tests.benchmarks.play ROW STEP quick|full``: run one step here and print its readings, as JSON."""

from __future__ import annotations

import sys

from tests.benchmarks.measure import Settings
from tests.benchmarks.programs import give
from tests.benchmarks.rows import ROWS


def main(row_name: str, step_name: str, how: str) -> None:
    """Run the step."""
    row = next(row for row in ROWS if row.name == row_name)
    step = next(step for step in row.steps if step.name == step_name)
    give(step.run(Settings(quick=how == "quick")))


if __name__ == "__main__":
    main(*sys.argv[1:])
