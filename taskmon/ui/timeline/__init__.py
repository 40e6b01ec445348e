"""The page beside the table: what every thread and task has done so far, as lanes over time."""
