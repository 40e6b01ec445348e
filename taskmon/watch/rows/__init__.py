"""Tasks made of what is found in the program: threads, calls, coroutines, bars, and the program itself."""
