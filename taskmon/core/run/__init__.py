"""Running tasks: the runner people use, its engine, its threads, its limits."""
