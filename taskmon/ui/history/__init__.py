"""The window of the history."""
