# expect: doit: sets thread.do_run to False
"""The attribute on the thread object that nobody sets before it is needed."""

import threading
import time


def doit(arg):
    t = threading.current_thread()
    while getattr(t, "do_run", True):
        time.sleep(0.05)
    print("stopping as you wish:", arg)


def main():
    t = threading.Thread(target=doit, args=("task",))
    t.start()
    while t.is_alive():
        t.join(0.1)
    print("main ends")


if __name__ == "__main__":
    main()
