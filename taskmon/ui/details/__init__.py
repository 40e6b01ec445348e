"""The pane beside the table that tells all of one task."""
