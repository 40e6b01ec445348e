"""What has run: one row for each task and each change of state, kept on disk as it happens.

- `recorder`: takes events from any thread and writes them, in batches, from a thread of its own.
- `reader`: finds rows again. `export` writes them to a file.
- `database`: opens the file, whatever state it is in; `schema` is what stands in it; `values` what may go into it.
- `alive`: which runs of the program live, so that the tasks of the others are known to be lost. `sweep` notes that.
- `limits`: what is forgotten. `course`: how fast the last run of a job went.
"""
