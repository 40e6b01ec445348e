"""What a voice control does, from another process: find the button of a row by its name, and press it.

Run by the system's own Python, which has the bindings of AT-SPI. Prints what it has found.
"""

import sys
import threading
import time

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi  # noqa: E402


def find(node, name, depth=0):
    """The button with a name beneath a node. Tables are passed over: their cells are many, and are no buttons."""
    if node is None or depth > 12 or node.get_role_name() == "table":
        return None
    if node.get_name() == name and node.get_role_name() in {"push button", "button"}:
        return node
    for place in range(node.get_child_count()):
        found = find(node.get_child_at_index(place), name, depth + 1)
        if found is not None:
            return found
    return None


def main():
    """Press the button named by the first argument, in the application named taskmon."""
    pause, deadline = threading.Event(), time.monotonic() + float(sys.argv[2])
    while time.monotonic() < deadline:
        desktop = Atspi.get_desktop(0)
        for place in range(desktop.get_child_count()):
            button = find(desktop.get_child_at_index(place), sys.argv[1])
            if button is not None:
                print("pressed", button.get_name(), button.do_action(0), flush=True)
                return 0
        pause.wait(0.2)
    print("not found", flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
