"""What every window is made of: colours, actions, notices, dialogs' frame."""
