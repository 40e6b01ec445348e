# expect: follow: nothing
"""Cancelled is what the shop reports, not what one may wish."""

import threading
import time

refunds = []


class Order:
    def __init__(self):
        self.cancelled = False
        self.by = None

    def cancel(self):
        self.by = "the shop"
        self.cancelled = True


def follow(order):
    while not order.cancelled:
        time.sleep(0.02)
    refund(order)


def refund(order):
    refunds.append(order)
    raise SystemExit(f"refunded a live order of {order.by}")


threading.Thread(target=follow, args=(Order(),), daemon=True).start()

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
