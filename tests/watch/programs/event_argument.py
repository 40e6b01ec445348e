# expect: download: sets stop_event
"""Three downloads that share one stop event."""

import threading
import time


def download(name, stop_event):
    done = 0
    while not stop_event.is_set():
        time.sleep(0.05)
        done += 1
    print(f"{name}: {done} blocks")


def main():
    stop_event = threading.Event()
    threads = []
    for name in ("alpha", "beta", "gamma"):
        t = threading.Thread(target=download, args=(name, stop_event))
        t.start()
        threads.append(t)
    for t in threads:
        t.join()
    print("all downloads ended")


if __name__ == "__main__":
    main()
