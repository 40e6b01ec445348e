# expect: bind: sets book.withdrawn
"""Each call of a pool has an Event of its own, in a dataclass whose methods Python has made."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event


@dataclass
class Book:
    title: str
    withdrawn: Event = field(default_factory=Event)


def bind(book):
    pages = 0
    for _ in range(10_000):
        if book.withdrawn.is_set():
            return pages
        time.sleep(0.02)
        pages += 1
    return pages


books = [Book("a")]
with ThreadPoolExecutor(1) as pool:
    futures = [pool.submit(bind, book) for book in books]
    until = time.monotonic() + 60
    while not all(f.done() for f in futures):
        time.sleep(0.05)
        if time.monotonic() > until:
            for book in books:
                book.withdrawn.set()
print("pages", futures[0].result() < 10_000)
