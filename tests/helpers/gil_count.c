/* Counts how often the calling thread takes the interpreter lock, each time having let go of it before.

   Loaded before everything else (LD_PRELOAD), it stands in for the functions of the interpreter through which extension
   modules give the lock away and get it back. Without headers, so that a compiler alone is enough to build it. */

extern void *dlsym(void *handle, const char *name);
#define NEXT ((void *)-1L)

static __thread long taken;
static __thread int inside; /* PyGILState_Ensure may restore the thread itself: that is one taking, not two */

static void (*restore_thread)(void *);
static int (*ensure)(void);
static int (*is_held)(void);

__attribute__((constructor)) static void find_originals(void) {
    restore_thread = (void (*)(void *))dlsym(NEXT, "PyEval_RestoreThread");
    ensure = (int (*)(void))dlsym(NEXT, "PyGILState_Ensure");
    is_held = (int (*)(void))dlsym(NEXT, "PyGILState_Check");
}

void PyEval_RestoreThread(void *state) {
    taken += !inside;
    restore_thread(state);
}

int PyGILState_Ensure(void) {
    int was, before = inside;
    taken += !is_held();
    inside = 1;
    was = ensure();
    inside = before;
    return was;
}

long gil_taken(void) { return taken; }
