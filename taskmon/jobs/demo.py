"""Workers to try the window with: one for each way to be cancelled, and a few that make it hard.

Each is written as one would find it in a program, so the module is also a set of samples. They pretend to
work by waiting; `pace` stretches or shortens all of them alike.
"""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from taskmon.core.base.text import BYTES, count_of, format_amount, format_count
from taskmon.jobs.declare import Work

if TYPE_CHECKING:
    from taskmon.core.task.context import TaskContext


def demo_tasks(pace: float = 1.0) -> Sequence[Work]:
    """Return all of them. They take about 40 seconds times `pace`."""
    return (
        Work("Poll an event", poll_an_event, {"pace": pace}),
        Work("Watch an attribute flag", watch_a_flag, {"pace": pace}),
        Work("Queue workers with a sentinel", feed_workers, {"pace": pace}),
        Work("Nested subtasks", nest_subtasks, {"pace": pace}),
        Work("Slow to notice (3 s)", notice_slowly, {"pace": pace}),
        Work("Never checks", never_check, {"pace": pace}),
        Work("Fails after a while", fail_after_a_while, {"pace": pace}),
        Work("No known total", listen_for_messages, {"pace": pace}),
    )


class _Event(Protocol):
    """What the worker below needs of a `threading.Event`; a stop token has it too."""

    def is_set(self) -> bool: ...
    def wait(self, timeout: float | None = None) -> bool: ...


def poll_an_event(ctx: TaskContext, pace: float) -> str:
    """The first way of the textbook: look at an event between small steps, and leave the loop."""
    rows = 400

    def import_rows(ended: _Event) -> int:
        # Knows nothing of taskmon: any code that takes a threading.Event takes the token.
        for row in range(rows):
            if ended.is_set():
                return row
            ctx.progress(row, rows, "rows", f"Importing customer {10_000 + row}")
            ended.wait(0.09 * pace)
        return rows

    done = import_rows(ctx.stop)
    ctx.progress(done)
    if done < rows:
        ctx.stopped_early = True
        ctx.consequence = f"{format_amount(done, rows, 'rows')} imported; the rest can be imported later"
    return f"{count_of(done, 'rows')} imported"


class _Crawler:
    """Somebody's class, with a flag of its own that means “leave the loop”."""

    def __init__(self, pages: int, pace: float) -> None:
        self.cancelled = False
        self._pages = pages
        self._pace = pace

    def run(self) -> Iterator[int]:
        for page in range(self._pages):
            if self.cancelled:
                return
            _work(0.15 * self._pace)
            yield page + 1


def watch_a_flag(ctx: TaskContext, pace: float) -> str:
    """The second way: the worker looks at an attribute. The stop is mirrored to it."""
    pages = 250
    crawler = _Crawler(pages, pace)
    seen = 0
    with ctx.stop.mirror_to(crawler, "cancelled"):
        for seen in crawler.run():
            ctx.progress(seen, pages, "pages", f"docs/chapter-{seen // 12 + 1}/page-{seen}.html")
    if seen < pages:
        ctx.stopped_early = True
        ctx.consequence = f"{format_amount(seen, pages, 'pages')} are in the index"
    return f"{count_of(seen, 'pages')} crawled"


def feed_workers(ctx: TaskContext, pace: float, workers: int = 3) -> str:
    """The third way: workers take items from a queue until they meet a `None`. Cancelling the batch ends
    all."""
    from taskmon.core.run.feed import Feed

    pictures = 240
    items: queue.Queue[str | None] = queue.Queue()
    for number in range(pictures):
        items.put(f"IMG_{4000 + number}.jpg")
    items.put(None)
    lock = threading.Lock()

    def make_thumbnail(worker: TaskContext, picture: str) -> None:
        worker.progress(message=picture)
        worker.sleep(0.4 * pace)
        with lock:
            ctx.advance()

    ctx.progress(0, pictures, "pictures", f"Making thumbnails with {count_of(workers, 'workers')}")
    report = Feed(items, make_thumbnail).run(ctx, workers)
    return f"{count_of(report.handled, 'thumbnails')} made"


def nest_subtasks(ctx: TaskContext, pace: float) -> str:
    """A task with subtasks that have subtasks. A cancel goes down to all of them, never up."""
    regions = ("North", "South")
    children = [ctx.subtask(_region, region, pace, name=f"Report {region}") for region in regions]
    ctx.progress(0, len(children), "regions", "Waiting for the regions")
    for done, child in enumerate(children, 1):
        ctx.join(child)
        ctx.progress(done)
    return f"{len(children)} regions reported"


def _region(ctx: TaskContext, region: str, pace: float) -> None:
    cities = [ctx.subtask(_city, pace, name=f"Report {region}, city {n}") for n in (1, 2)]
    for city in ctx.track(cities, unit="cities"):
        ctx.join(city)


def _city(ctx: TaskContext, pace: float) -> None:
    for shop in ctx.track(range(80), unit="shops"):
        ctx.progress(message=f"Adding up shop {shop + 1}")
        ctx.sleep(0.4 * pace)


def notice_slowly(ctx: TaskContext, pace: float) -> str:
    """Three seconds between checkpoints, as in a long call into a library. It stops, but not at once."""
    matrices = 14
    for number in ctx.track(range(matrices), unit="matrices"):
        ctx.progress(message=f"Inverting matrix {number + 1}: one call of 3 s")
        _work(3 * pace)
    return f"{matrices} matrices inverted"


def never_check(ctx: TaskContext, pace: float) -> str:
    """No checkpoint at all. No one can stop it from outside without harm, so it goes on to its end."""
    steps = 400
    for step in range(steps):
        ctx.progress(step, steps, "steps", "Simulating, without a look at the stop flag")
        _work(0.1 * pace)
    ctx.progress(steps)
    return "ended by itself"


def fail_after_a_while(ctx: TaskContext, pace: float) -> float:
    """Meets bad input two thirds of the way, and fails with a traceback worth reading."""
    orders = 60
    turnover = 0.0
    for number in ctx.track(range(orders), unit="orders"):
        ctx.progress(message=f"orders-{number:03}.json")
        ctx.sleep(0.3 * pace)
        turnover += _amount_of(_read_order(number))
        ctx.consequence = f"{number + 1} of {orders} orders added up, nothing saved"
    return turnover


def _read_order(number: int) -> dict[str, Any]:
    price = "12,50" if number == 40 else "12.50"  # one clerk writes decimal commas
    lines = f'[{{"pieces": 3, "price": "{price}"}}]'
    order: dict[str, Any] = json.loads(f'{{"order": {number}, "lines": {lines}}}')
    return order


def _amount_of(order: dict[str, Any]) -> float:
    try:
        amounts: list[float] = [line["pieces"] * float(line["price"]) for line in order["lines"]]
    except ValueError as error:
        raise ValueError(f"order {order['order']} has a price that is no number") from error
    return sum(amounts)


def listen_for_messages(ctx: TaskContext, pace: float) -> str:
    """Nobody knows how many there will be: the bar shows that something moves, not how far it is."""
    received = 0
    for number in range(1, 300):
        ctx.sleep(0.13 * pace)
        received += 700 + 37 * (number % 11)
        message = f"Message {format_count(number)} of a stream without an end"
        ctx.progress(received, unit=BYTES, message=message)
    return f"{format_count(received)} bytes received"


def _work(seconds: float) -> None:
    """Stand for work in a library that knows no stop flag."""
    time.sleep(seconds)  # noqa: TID251 - being deaf is the point
