"""All rows of the table, by number. Whoever builds a part that is still vacant gives it a file and its place here."""

from __future__ import annotations

from typing import Final

from tests.benchmarks import (
    bench_attached,
    bench_cancel,
    bench_checkpoint,
    bench_checksum,
    bench_click,
    bench_commands,
    bench_flood,
    bench_frame,
    bench_growth,
    bench_history,
    bench_idle,
    bench_lateness,
    bench_many,
    bench_order,
    bench_peers,
    bench_rows,
    bench_start,
    bench_submit,
    bench_throughput,
    bench_timeline,
    bench_watch,
    bench_watched_cancel,
)
from tests.benchmarks.measure import Claim, Row, Target, plain


def _vacant(number: int, name: str, title: str, why: str, *claims: tuple[str, str, Target]) -> Row:
    """A row whose part does not exist; its claims stand in the table with what they will be held to."""
    return Row(
        number,
        name,
        title,
        claims=[Claim(label, plain(label), target, anchor) for label, anchor, target in claims],
        vacant=why,
    )


ROWS: Final[tuple[Row, ...]] = (
    bench_checkpoint.ROW,
    bench_peers.ROW,
    bench_lateness.ROW,
    bench_throughput.ROW,
    bench_cancel.ROW,
    bench_flood.ROW,
    bench_start.ROW,
    bench_rows.ROW,
    bench_order.ROW,
    bench_submit.ROW,
    bench_idle.ROW,
    bench_history.ROW,
    bench_watch.ROW,
    bench_attached.ROW,
    bench_growth.ROW,
    bench_frame.ROW,
    bench_timeline.ROW,
    bench_click.ROW,
    bench_commands.ROW,
    bench_checksum.ROW,
    bench_watched_cancel.ROW,
    bench_many.ROW,
)


def select(names: list[str]) -> list[Row]:
    """The rows with these names or numbers, in the order of the table; all of them if none is named.

    Raises:
        ValueError: naming what there is, if a name is unknown.
    """
    known = {key: row for row in ROWS for key in (row.name, str(row.number))}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"There is no {', '.join(unknown)}. There are: {', '.join(row.name for row in ROWS)}.")
    chosen = {known[name].number for name in names}
    return [row for row in ROWS if not names or row.number in chosen]
