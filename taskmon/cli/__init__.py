"""The command line: its words, and the same core with a terminal for a face."""
