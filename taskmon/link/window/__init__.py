"""The window's end of the link: it listens, and has the tasks of other programs."""
