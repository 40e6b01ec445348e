"""What several tests stage their scenes with."""
