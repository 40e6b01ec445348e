"""Where threads are at this moment, and what that says about how soon they would stop."""
