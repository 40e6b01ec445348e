"""Programs of which each shows one way to notice that something is different. Run by test_faithful.py.

Each is a pair of the files to write, the first of which is the script, and the arguments and the input of the run. What
a program prints must be the same each time it is run.
"""
# ruff: noqa: E501 -- a program is told from its neighbours more easily if it is one string

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    """One program."""

    code: str
    words: tuple[str, ...] = ("main.py",)
    """The command line after ``python``."""
    files: dict[str, str] = {}  # noqa: RUF012 -- never changed
    stdin: str = ""


POOL = "from concurrent.futures import ThreadPoolExecutor\n"

CASES: dict[str, Case] = {
    "argv": Case(
        "import sys; print(sys.argv, sys.path[0] == __import__('os').getcwd())", ("main.py", "-x", "a b", "--")
    ),
    "path": Case("import sys; print(sys.path, sys.path_hooks, [p for p in sys.path_importer_cache if 'taskmon' in p])"),
    "orig_argv": Case("import sys; print(sys.orig_argv[1:], sys.executable)"),
    "environment": Case("import os; print(sorted(k for k in os.environ if 'TASKMON' in k.upper() or 'PYTHON' in k))"),
    "main_module": Case(
        "import sys, __main__\nprint(__name__, __file__, __spec__, __package__, __doc__, __loader__.__class__)\n"
        "print(sorted(vars(__main__)), sys.modules['__main__'] is __main__)"
    ),
    "modules": Case("import sys; print([m for m in sys.modules if 'taskmon' in m or 'custom' in m])"),
    "own_taskmon": Case(
        "import taskmon, taskmon.core; print(taskmon.__file__, taskmon.core.WORD)",
        files={"taskmon/__init__.py": "", "taskmon/core.py": "WORD = 'mine'"},
    ),
    "no_taskmon": Case(
        "import os, sys\nsys.path[:] = [p for p in sys.path if 'lib/python' in p and 'site' not in p]\n"
        "try:\n    import taskmon\nexcept ModuleNotFoundError as e:\n    print(e)"
    ),
    "pickle_main": Case(
        "import pickle\nclass A:\n    x = 1\nprint(pickle.dumps(A), pickle.loads(pickle.dumps(A())).x)"
    ),
    "spawn": Case(
        "import multiprocessing as m\nclass A:\n    def __init__(self, x): self.x = x\n"
        "def work(a): return a.x + 1, __name__\n"
        "if __name__ == '__main__':\n    with m.get_context('spawn').Pool(1) as p: print(p.map(work, [A(1), A(2)]))"
    ),
    "fork": Case(
        "import multiprocessing as m, threading\ndef work(x): return x, [t.name for t in threading.enumerate()]\n"
        "if __name__ == '__main__':\n    c = m.get_context('fork')\n    with c.Pool(1) as p: print(p.map(work, [1, 2]))"
    ),
    "a_signal_that_is_blocked": Case(  # the kernel gives it to any thread that does not block it
        "import os, signal, subprocess\nsignal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})\n"
        "subprocess.run(['kill', '-TERM', str(os.getpid())])\nprint('not disturbed', flush=True)\n"
        "signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})\nprint('not reached')"
    ),
    "no_descriptor_is_left": Case(  # the C library loads another to end a thread that comes too late
        "import os, resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))\n"
        "try:\n    while True: os.open(os.devnull, os.O_RDONLY)\nexcept OSError as e: print(e.errno)"
    ),
    "fork_with_threads": Case(
        "import os, sys, threading\ndone = threading.Event()\nt = threading.Thread(target=done.wait); t.start()\n"
        "pid = os.fork()\nif not pid:\n    x = threading.Thread(target=print, args=('child',)); x.start(); x.join()\n"
        "    print(threading.active_count()); sys.exit(3)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])); done.set()"
    ),
    "fork_alone": Case(
        "import os, sys, time\ntime.sleep(0.1)\nfor _ in range(2):\n    if os.fork() == 0: os._exit(0)\n    os.wait()\nprint('alone')",
        ("-W", "error", "main.py"),
    ),
    "executors": Case(
        POOL + "from concurrent.futures import ProcessPoolExecutor\ndef f(x): return x * x\n"
        "if __name__ == '__main__':\n    with ThreadPoolExecutor(3) as p: print(list(p.map(f, range(50))))\n"
        "    with ProcessPoolExecutor(1) as p: print(list(p.map(f, range(5))))"
    ),
    "input": Case("x = input('name? '); print('hello', x); print(input())", stdin="Ada\nsecond\n"),
    "script_on_stdin": Case("", ("-",), stdin="import sys; print(sys.argv, __name__)\n1/0\n"),
    "isatty": Case(
        "import sys; print([s.isatty() for s in (sys.stdin, sys.stdout, sys.stderr)], sys.stdout.line_buffering,"
        " sys.stdout.encoding, sys.stdout.errors, type(sys.stdout), type(sys.stdout.buffer.raw))"
    ),
    "sigint": Case(
        "import os, signal, time\ntry:\n    os.kill(os.getpid(), signal.SIGINT); time.sleep(5)\n"
        "except KeyboardInterrupt: print('caught')\nos.kill(os.getpid(), signal.SIGINT); time.sleep(5)"
    ),
    "sigterm": Case(
        "import os, signal, time\nprint('first', flush=True); os.kill(os.getpid(), signal.SIGTERM); time.sleep(5)"
    ),
    "sigkill": Case("import os; print('lost?'); os.kill(os.getpid(), 9)"),
    "sigterm_handler": Case(
        "import os, signal, sys, time\nsignal.signal(15, lambda *a: sys.exit(7)); os.kill(os.getpid(), 15)\n"
        "time.sleep(5)"
    ),
    "signals": Case("import signal; print([signal.getsignal(s) for s in (2, 13, 15, 1)])"),
    "exit_number": Case("import sys; sys.exit(3)"),
    "exit_text": Case("import sys; print('out'); sys.exit('good bye')"),
    "exit_none": Case("raise SystemExit"),
    "exit_big": Case("import sys; sys.exit(1000)"),
    "os_exit": Case("import os; print('unflushed'); os._exit(5)"),
    "abort": Case("import os, resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); os.abort()"),
    "exec": Case(
        "import os, sys; print('before', flush=True); os.execv(sys.executable, [sys.executable, '-c', 'print(\"after\")'])"
    ),
    "uncaught": Case(
        "def f(x):\n    return 1 / x\n\nclass Odd(Exception): pass\n\ntry:\n    f(0)\nexcept Exception as e:\n"
        "    raise Odd('it is odd') from e"
    ),
    "uncaught_in_thread": Case(
        "import threading\ndef f(): raise KeyError('k')\nt = threading.Thread(target=f, name='T')\n"
        "t.start(); t.join(); print('on')"
    ),
    "uncaught_in_subclass": Case(
        "import threading\nclass T(threading.Thread):\n    def run(self): [].pop()\nT().start()"
    ),
    "exit_in_thread": Case(
        "import threading, sys\nt = threading.Thread(target=sys.exit, args=('no',)); t.start(); t.join()"
    ),
    "uncaught_in_future": Case(
        POOL + "def f(): return {}['x']\nwith ThreadPoolExecutor(1) as p: x = p.submit(f)\nx.result()"
    ),
    "submit_after_shutdown": Case(POOL + "p = ThreadPoolExecutor(1); p.shutdown(); p.submit(print)"),
    "cannot_start_twice": Case("import threading\nt = threading.Thread(target=print); t.start(); t.join(); t.start()"),
    "stack_in_thread": Case(
        "import threading, traceback, time\ndef f():\n    traceback.print_stack()\n    time.sleep(0.3)\n"
        "threading.Thread(target=f).start()"
    ),
    "stack_in_future": Case(
        POOL + "import traceback\ndef f(): traceback.print_stack()\nwith ThreadPoolExecutor(1) as p:\n"
        "    p.submit(f).result()"
    ),
    "stack_depth": Case(
        "import sys\ndef f(n=0):\n    try: return f(n + 1)\n    except RecursionError: return n\nprint(f())"
    ),
    "syntax_error": Case("x = (1,\nprint 'hello'\n"),
    "missing_file": Case("", ("nothing.py",)),
    "folder_without_main": Case("", ("sub",), {"sub/x.py": ""}),
    "module": Case(
        "",
        ("-m", "pkg", "a"),
        {
            "pkg/__init__.py": "print('init')",
            "pkg/__main__.py": "import sys\nfrom . import other\nprint(__name__, __package__, __spec__.name, sys.argv[1:], other.X)\n1/0",
            "pkg/other.py": "X = 1",
        },
    ),
    "module_missing": Case("", ("-m", "no_such_module")),
    "module_stdlib": Case("", ("-m", "this")),
    "code": Case("", ("-c", "import sys; print(sys.argv, __name__, repr(sys.path[0]));\ndef f(): 1/0\nf()", "x")),
    "folder": Case(
        "",
        ("app", "1"),
        {"app/__main__.py": "import sys, lib; print(sys.argv, __file__, __spec__.name, lib.Y)", "app/lib.py": "Y = 2"},
    ),
    "atexit": Case(
        "import atexit, sys\natexit.register(print, 'first'); atexit.register(print, 'last')\n"
        "class D:\n    def __del__(self): print('del')\nd = D(); print('end')"
    ),
    "atexit_raises": Case("import atexit\natexit.register(lambda: 1 / 0)\nprint(atexit._ncallbacks() > 0)"),
    "daemons": Case(
        "import threading, time\ndef f():\n    while True: time.sleep(0.01)\n"
        "for _ in range(4): threading.Thread(target=f, daemon=True).start()\nprint('done')"
    ),
    "waits_for_threads": Case(
        "import threading, time\ndef f(): time.sleep(0.3); print('thread done')\n"
        "threading.Thread(target=f).start(); print('main done')"
    ),
    "wait_until_alone": Case(
        "import threading, time\nfor _ in range(3): threading.Thread(target=time.sleep, args=(0.2,)).start()\n"
        "while threading.active_count() > 1: time.sleep(0.01)\n"
        "print(threading.enumerate() == [threading.main_thread()], threading.main_thread() is threading.current_thread())"
    ),
    "thread_names": Case(
        "import threading\nts = [threading.Thread(target=print) for _ in range(3)]\nprint([t.name for t in ts])\n"
        "for t in ts: t.start(); t.join()\nprint(threading.Thread.__doc__ is not None, threading.Thread.start.__module__)"
    ),
    "failed_starts": Case(
        "import os, subprocess, sys, traceback\n"
        "def tell(start, *given):\n    try: start(*given)\n    except BaseException: traceback.print_exc()\n"
        "tell(os.execv, '/no/such', ['x']); tell(os.execve, '/no/such', ['x'], {}); tell(os.execv, sys.executable, [])\n"
        "tell(os.execvp, 'no-such-command', ['x']); tell(os.posix_spawn, '/no/such', ['x'], os.environ)\n"
        "tell(subprocess.run, ['/no/such']); tell(subprocess.Popen, [sys.executable, 'a\\0b'])\n"
        "print(sorted(name for name in os.environ if name.startswith('_TASKMON')), flush=True)\n"
        "tell(os.execv, sys.executable, [sys.executable, '-c', 'import os; print(os.environ.get(\"PYTHONPATH\"))'])"
    ),
    "failed_prints": Case(
        "import os, sys, traceback\nos.close(1)\nfor text in ('short', 'long ' * 10_000):\n"
        "    try: print(text)\n    except OSError: traceback.print_exc()",
        ("-u", "main.py"),
    ),
    "failed_submit": Case(
        "import concurrent.futures, threading, traceback\n"
        'def refuse(self): raise RuntimeError("can\'t start new thread")\n'
        "pool = concurrent.futures.ThreadPoolExecutor(1)\nthreading.Thread.start = refuse\n"
        "try: pool.submit(print)\nexcept RuntimeError: traceback.print_exc()"
    ),
    "warnings": Case(
        "import warnings\ndef f(): warnings.warn('careful', stacklevel=2)\nf(); warnings.warn('old', DeprecationWarning)"
    ),
    "warning_flags": Case(
        "import sys, warnings; print(sys.warnoptions, sys.flags, sys._xoptions)\nwarnings.warn('x')",
        ("-W", "error", "-X", "dev", "-O", "-u", "main.py"),
    ),
    "flags": Case("import sys; print(sys.flags, sys.dont_write_bytecode)", ("-B", "-s", "-P", "main.py")),
    "getsource": Case(
        "import inspect, sys, __main__\ndef f():\n    return 1  # here\nprint(inspect.getsource(f))\n"
        "print(inspect.getsource(__main__)[:20], inspect.stack()[0].function, len(inspect.stack()))"
    ),
    "subprocess": Case(
        "import subprocess, sys\nprint(subprocess.run([sys.executable, '-c', 'import sys, os; print(sys.path[1:], os.environ.get(\"PYTHONPATH\"))'],"
        " capture_output=True, text=True).stdout)"
    ),
    "unraisable": Case(
        "class D:\n    def __del__(self): raise ValueError('in del')\ndel (d := D()) if False else None\nD()\nprint('on')".replace(
            "del (d := D()) if False else None\n", ""
        )
    ),
    "import_fails": Case(
        "import traceback\ntry: import threading\nexcept ImportError: traceback.print_exc()\nimport threading",
        files={"_weakrefset.py": "print('a module that threading needs')"},
    ),
    "excepthook": Case(
        "import sys, threading\nsys.excepthook = lambda *a: print('main hook', a[0])\n"
        "threading.excepthook = lambda a: print('thread hook', a.exc_type, a.thread.name)\n"
        "t = threading.Thread(target=lambda: 1 / 0, name='N'); t.start(); t.join()\n1 / 0"
    ),
    "faulthandler": Case(
        "import faulthandler, sys, threading\ndef f(): faulthandler.dump_traceback(all_threads=False)\n"
        "t = threading.Thread(target=f); t.start(); t.join()"
    ),
    "frames_of_all": Case(
        "import sys, threading, time\nstop = threading.Event()\nt = threading.Thread(target=stop.wait); t.start(); time.sleep(0.3)\n"
        "def show():\n    names = {x.ident: x.name for x in threading.enumerate()}\n"
        "    print(sorted(names.get(i, 'unknown') for i in sys._current_frames()), sys._current_frames.__name__)\n"
        "    print(sys._current_frames()[threading.get_ident()].f_code.co_name)\nshow(); stop.set(); t.join(); show()"
    ),
    "settrace": Case(
        "import sys, threading\nseen = []\ndef trace(f, e, a):\n    seen.append((e, f.f_code.co_name)); return trace\n"
        "def work():\n    x = 1\n    return x\nthreading.settrace(trace)\nt = threading.Thread(target=work); t.start(); t.join()\n"
        "threading.settrace(None); print(seen)"
    ),
    "setprofile": Case(
        "import sys, threading\nseen = []\ndef work(): return len('x')\n"
        "threading.setprofile(lambda f, e, a: seen.append((e, f.f_code.co_name)))\n"
        "t = threading.Thread(target=work); t.start(); t.join(); threading.setprofile(None); print(seen)"
    ),
    "low_level_threads": Case(
        "import _thread, time\nl = _thread.allocate_lock(); l.acquire()\n"
        "def f(x): print(x); time.sleep(0.2); l.release()\n_thread.start_new_thread(f, (1,)); l.acquire(); print('end')"
    ),
    "timers": Case(
        "import threading\nt = threading.Timer(60, print); t.start(); t.cancel(); t.join(); print(t.finished.is_set())\n"
        "t = threading.Timer(0.05, print, ('ring',)); t.start(); t.join()"
    ),
    "asyncio": Case(
        "import asyncio\nasync def part(n):\n    await asyncio.sleep(0.15); return n\nasync def main():\n"
        "    print(await asyncio.gather(part(1), part(2)), len(asyncio.all_tasks()))\n"
        "    print(await asyncio.to_thread(sum, [1, 2]))\n    lost = asyncio.create_task(boom()); await asyncio.sleep(0.3)\n"
        "async def boom(): raise ValueError('never retrieved')\nasyncio.run(main())"
    ),
    "thread_pool": Case(
        "from multiprocessing.pool import ThreadPool\nimport time\nwith ThreadPool(3) as p:\n"
        "    print(p.map(str, range(9)))\n    p.map(time.sleep, [0.15] * 3)"
    ),
    "print_to_closed": Case("import sys\nsys.stdout.close()\nprint('x')"),
    "replaced_stdout": Case(
        "import sys, io\nold = sys.stdout\nsys.stdout = io.StringIO(); print('hidden'); text = sys.stdout.getvalue()\n"
        "sys.stdout = old; print(len(text)); sys.stdout.buffer.write(b'raw\\n'); print('x' * 100_000)\n"
        "sys.stderr.write('err'); print(sys.stdout.detach().__class__, file=sys.stderr)"
    ),
    "weakrefs": Case(
        "import gc, threading, time, weakref\nclass A: pass\ndef work(a): pass\na = A(); r = weakref.ref(a)\n"
        "t = threading.Thread(target=work, args=(a,)); t.start(); t.join(); w = weakref.ref(t); del a, t\n"
        "for _ in range(200):\n    r() is w() is None or time.sleep(0.01)\nprint(r(), w()); print(len(gc.garbage))"
    ),
    "freed_results": Case(
        POOL + "import weakref\nclass A: pass\nwith ThreadPoolExecutor(1) as p:\n    f = p.submit(A)\n"
        "    r = weakref.ref(f.result()); del f\n    p.submit(int).result(); print(r())"
    ),
    "locals_of_main": Case(
        "print(sorted(globals())); import builtins; print(builtins.__import__, len(vars(builtins)))"
    ),
    "umask_and_limits": Case(
        "import os; print(os.umask(0), os.getcwd(), os.getpgrp() == os.getppid(), sorted(os.listdir('/proc/self/fd')))"
    ),
    "imports_taken_away": Case(
        "import sys, threading, time\nsys.path.clear(); sys.path_hooks.clear(); sys.meta_path.clear()\n"
        "time.sleep(0.4)\nt = threading.Thread(target=print, args=('in a thread',)); t.start(); t.join()\n"
        "try:\n    import this\nexcept ImportError as error:\n    print(error)"
    ),
    "builtins_replaced": Case(
        "import builtins, threading, time\nmain, called, out = threading.get_ident(), [], print\n"
        "def stand_in(name, real):\n    def call(*a, **k):\n"
        "        if threading.get_ident() != main: called.append(name)\n        return real(*a, **k)\n    return call\n"
        "for name in ('open', '__import__', '__build_class__', 'getattr', 'hasattr', 'exec', 'iter'):\n"
        "    setattr(builtins, name, stand_in(name, getattr(builtins, name)))\n"
        "time.sleep(0.6)\nout(set(called))"
    ),
    "modules_replaced": Case(
        "import sys, threading, time, types\nfrom threading import Thread\nasked = set()\n"
        "class StandIn(types.ModuleType):\n    def __getattribute__(self, name):\n"
        "        asked.add(name); raise AttributeError(name)\n"
        "class Other:\n    def __getattr__(self, name): asked.add(name); raise AttributeError(name)\n"
        "real = dict(sys.modules)\nfor made in (StandIn('x'), Other()):\n"
        "    for name in ('threading', 'asyncio.tasks', 'asyncio.events', 'multiprocessing.pool', 'linecache', 'queue',"
        " 'functools', 'enum', 'warnings', 'pathlib'): sys.modules[name] = made\n"
        "    t = Thread(target=time.sleep, args=(0.4,)); t.start(); t.join()\n"
        "for name in set(sys.modules) - set(real): del sys.modules[name]\n"
        "sys.modules.update(real); print(sorted(asked))"
    ),
    "builtins_taken_away": Case(
        "import builtins, threading, time\nfor name in ('open', 'isinstance', 'len', 'getattr', 'type', '__import__'):\n"
        "    delattr(builtins, name)\ntime.sleep(0.4)\nprint('goes on')"
    ),
}
