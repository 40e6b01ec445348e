"""The dialogs that start something or settle something."""
