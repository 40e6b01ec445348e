"""What listens in the program: replaced functions that can be put back."""
