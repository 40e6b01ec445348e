"""The wire between programs and the window: standard library only.

A program describes its own tasks over it and is asked to stop, pause or resume them; it can do nothing else. The
window listens and shows them as tasks like its own. The user's command line speaks to the window over the same channel.
"""
