# expect: render: puts 'quit' into pages
"""A consumer that iterates over get until the word."""

import queue
import threading

pages = queue.SimpleQueue()
rendered = []


def render(pages):
    for page in iter(pages.get, "quit"):
        rendered.append(page.upper())


thread = threading.Thread(target=render, args=(pages,))
thread.start()
for page in ("index", "about"):
    pages.put(page)
thread.join()
print("rendered:", ", ".join(rendered))
