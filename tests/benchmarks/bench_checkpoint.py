"""Row 1: what one item of a worker's loop costs, beside tqdm and others who stand in such loops."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from typing import Final

from taskmon import TaskContext, TaskRunner
from tests.benchmarks.measure import Claim, Reading, Row, Settings, Step, at_most, ratio
from tests.benchmarks.programs import in_turn

#: tqdm and rich choose how often they look at the clock by what they see in the first items: give them enough.
_ITEMS: Final = 200_000
_FEW: Final = 20_000


def _loops(settings: Settings) -> dict[str, Reading]:
    with TaskRunner(1) as runner:
        return dict(runner.start(_measure, 3 if settings.quick else 9).result())


def _measure(ctx: TaskContext, rounds: int) -> dict[str, Reading]:
    """In a worker of the runner, as everything a worker calls."""
    works = {**_ours(ctx), **_peers()}
    for work, _ in works.values():
        work(_FEW)
    taken = in_turn({name: lambda work=work, n=n: work(n) for name, (work, n) in works.items()}, rounds)
    readings: dict[str, Reading] = {name: seconds / works[name][1] * 1e9 for name, seconds in taken.items()}
    return {"fast": "not built", **readings}


Loop = tuple[Callable[[int], object], int]


def _ours(ctx: TaskContext) -> dict[str, Loop]:
    def track(count: int) -> None:
        for _ in ctx.track(range(count)):
            pass

    def checkpoint(count: int) -> None:
        for _ in range(count):
            ctx.checkpoint()

    def progress(count: int) -> None:
        for done in range(count):
            ctx.progress(done, count)

    def fast(count: int) -> None:
        for _ in ctx.track(range(count), fast=True):  # type: ignore[call-arg, unused-ignore]
            pass

    loops: dict[str, Loop] = {
        "track": (track, _ITEMS),
        "checkpoint": (checkpoint, _ITEMS),
        "progress": (progress, _ITEMS),
    }
    if "fast" in inspect.signature(TaskContext.track).parameters:
        loops["fast"] = (fast, _ITEMS)
    return loops


def _peers() -> dict[str, Loop]:
    import io

    import cantok
    import rich.console
    import rich.progress
    import tqdm
    import trio

    nowhere = open(os.devnull, "w")  # noqa: SIM115  # as long as the process
    console = rich.console.Console(file=io.StringIO(), force_terminal=True)

    def plain(count: int) -> None:
        for _ in range(count):
            pass

    def with_tqdm(count: int) -> None:
        for _ in tqdm.tqdm(range(count), file=nowhere):
            pass

    def with_rich(count: int) -> None:
        for _ in rich.progress.track(range(count), console=console):
            pass

    def with_cantok(count: int) -> None:
        token = cantok.SimpleToken()
        for _ in range(count):
            token.check()

    def with_trio(count: int) -> None:
        async def loop() -> None:
            for _ in range(count):
                await trio.lowlevel.checkpoint_if_cancelled()

        trio.run(loop)

    return {
        "plain": (plain, _ITEMS),
        "tqdm": (with_tqdm, _ITEMS),
        "rich": (with_rich, _FEW),
        "cantok": (with_cantok, _FEW),
        "trio": (with_trio, _FEW),
    }


ROW: Final = Row(
    1,
    "checkpoint",
    "One item of a worker's loop",
    [Step("loop", _loops)],
    [
        Claim("track()", ratio("loop.track", "loop.tqdm"), at_most(0.45), "tqdm"),
        Claim(
            "checkpoint()",
            ratio("loop.checkpoint", "loop.tqdm"),
            at_most(0.35),
            "tqdm",
            caption="A checkpoint in a loop",
        ),
        Claim("progress()", ratio("loop.progress", "loop.tqdm"), at_most(0.45), "tqdm"),
        Claim(
            "track(fast=True)",
            ratio("loop.fast", "loop.tqdm"),
            at_most(0.15),
            "tqdm",
        ),
        Claim("track()", ratio("loop.track", "loop.rich"), anchor="rich.progress.track"),
        Claim("checkpoint()", ratio("loop.checkpoint", "loop.cantok"), anchor="cantok's token.check()"),
        Claim("checkpoint()", ratio("loop.checkpoint", "loop.trio"), anchor="trio's checkpoint_if_cancelled"),
        Claim("an empty loop", ratio("loop.plain", "loop.tqdm"), anchor="tqdm"),
    ],
)
