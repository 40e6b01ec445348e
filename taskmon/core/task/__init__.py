"""What a task is: its state and life, its progress, its handle, and what its worker receives."""
