"""What has run: one row for each task and each change of state, kept on disk as it happens."""
