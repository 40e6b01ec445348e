"""What the threads and tasks of the table have done so far: kept, put into words, written to files."""
