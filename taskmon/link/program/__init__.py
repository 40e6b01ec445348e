"""The program's end of the link: it looks for the window, tells of its tasks, and obeys."""
