"""What the details of one task say."""
