"""What everything else stands on: errors, texts of strangers, threads, files, the user's language."""
