# expect: tail: sets args.stop to True
"""Options of argparse that double as state."""

import argparse
import threading
import time


def tail(args):
    lines = 0
    while not args.stop:
        lines += 1
        time.sleep(args.interval)
    print("lines:", lines > 0)


parser = argparse.ArgumentParser()
parser.add_argument("--interval", type=float, default=0.05)
args = parser.parse_args([])
args.stop = False
thread = threading.Thread(target=tail, args=(args,))
thread.start()
thread.join()
print("done")
