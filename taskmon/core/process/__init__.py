"""A task whose function runs in a process of its own, with the same context, progress and stop."""
