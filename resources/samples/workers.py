"""Four ways to ask a thread to stop: by an event, by a flag, by a queue, by a checkpoint."""

import queue
import threading

import taskmon


def by_event(ctx, stop):
    """Code that polls an Event: it gets the task's own stop token, which has is_set() and wait()."""
    while not stop.wait(0.01):
        pass


class Importer:
    """Code that looks at a flag of its own: the stop sets it."""

    cancelled = False

    def run(self, ctx):
        ctx.stop.mirror_to(self, "cancelled")
        while not self.cancelled:
            threading.Event().wait(0.01)


def by_checkpoint(ctx, items):
    """The plain way: each item is a checkpoint, and what is held is released on the way out."""
    with open("/dev/null", "w") as output:
        for item in ctx.track(items, unit="items"):
            print(item, file=output)
            ctx.sleep(0.01)


with taskmon.TaskRunner(max_workers=16) as runner:
    tasks = [
        runner.start(lambda ctx: by_event(ctx, ctx.stop), name="by event"),
        runner.start(Importer().run, name="by flag"),
        runner.start(by_checkpoint, range(10_000), name="by checkpoint"),
    ]
    items = queue.Queue()
    for number in range(100):
        items.put(number)
    feed = taskmon.start_feed(runner, items, lambda ctx, item: ctx.sleep(0.01), workers=3, name="by queue")
    threading.Event().wait(0.1)

    for task in [*tasks, feed.task]:
        task.cancel("shown enough", by="this sample")
    runner.wait_idle(10)
    for task in [*tasks, feed.task]:
        print(f"{task.name}: {task.state.value}")
    print(f"{len(feed.report().unhandled) > 0 = }")
