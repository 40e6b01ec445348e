"""What a voice control does, from another process: find the button of a row by its name, and press it.

Or, with ``--read`` and what somebody listens for, what a screen reader does: read how something is described.

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


def descriptions(node, name, depth=0):
    """How whatever has a name is described, and the texts of labels."""
    if node is None or depth > 14 or node.get_role_name() == "table":
        return
    if node.get_name() == name and node.get_description():
        yield node.get_role_name(), node.get_description()
    elif node.get_role_name() == "label":
        yield "label", node.get_name()
    for place in range(node.get_child_count()):
        yield from descriptions(node.get_child_at_index(place), name, depth + 1)


def read(name, words, seconds):
    """Wait until what is called `name` is described with `words`, and print it, along with a label that says so."""
    pause, deadline = threading.Event(), time.monotonic() + seconds
    while time.monotonic() < deadline:
        desktop = Atspi.get_desktop(0)
        found = [each for place in range(desktop.get_child_count())
                 for each in descriptions(desktop.get_child_at_index(place), name)]  # fmt: skip
        said = {role: text for role, text in found if words in text}
        if len(said) > 1 and "label" in said:
            for role, text in sorted(said.items()):
                print("read", role, text, flush=True)
            return 0
        pause.wait(0.2)
    print("not read", flush=True)
    return 1


def main():
    """Press the button named by the first argument, in the application named taskmon."""
    if sys.argv[1] == "--read":
        return read(sys.argv[2], sys.argv[3], float(sys.argv[4]))
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
