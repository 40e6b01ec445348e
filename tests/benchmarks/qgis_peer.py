"""Run by QGIS's own Python, which may be an old one: what QgsTask's two calls cost, and tqdm beside them."""

import json
import os
import statistics
import sys
import time

from qgis.core import QgsTask

sys.path.append(sys.argv[1])  # at the end: only for tqdm, if this Python has none

import tqdm

ITEMS = 100_000
NOWHERE = open(os.devnull, "w")  # noqa: SIM115  # as long as the process


class Work(QgsTask):
    """A task as its documentation has it: asks and tells at each step."""

    def run(self) -> bool:
        for done in range(ITEMS):
            if self.isCanceled():
                return False
            self.setProgress(done * 100 / ITEMS)
        return True


def with_tqdm() -> None:
    """Count as tqdm does."""
    for _ in tqdm.tqdm(range(ITEMS), file=NOWHERE):
        pass


def main() -> None:
    """Both in turn; the median of five, in nanoseconds an item."""
    taken: dict = {"both": [], "tqdm": []}
    works = {"both": Work("work").run, "tqdm": with_tqdm}
    for _ in range(5):
        for name, work in works.items():
            began = time.perf_counter()
            work()
            taken[name].append(time.perf_counter() - began)
    print(json.dumps({name: statistics.median(seconds) / ITEMS * 1e9 for name, seconds in taken.items()}))


main()
