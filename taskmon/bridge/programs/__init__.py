"""Programs: those started from here, and those that show their tasks here."""
