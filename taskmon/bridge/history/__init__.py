"""The history as models, and the last run."""
