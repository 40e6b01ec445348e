"""The desktop around the window: its bus, its notifications, what keeps it awake."""
