"""The table of tasks: `TaskPanel` with its view, its painting, its commands."""
