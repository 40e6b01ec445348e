"""What the system tells of a process, by reading /proc. Nothing here touches the process."""

from __future__ import annotations

import contextlib
import os
import pwd
import sys
from collections.abc import Iterator
from typing import Final

from taskmon.attach.refusals import Refusal, Refused
from taskmon.core.base.signals import Seen, look

#: The kernel's rule for who may look into whose programs; absent where it has none.
YAMA: Final = "/proc/sys/kernel/yama/ptrace_scope"
#: Who somebody is that has no number, as a rule.
_NOBODY: Final = 65534


def stat_of(pid: int) -> Seen:
    """Return what the kernel tells of a process in one line. Raises Refused if it has gone."""
    seen = look(pid)
    if seen is None:
        raise Refused(Refusal.GONE, pid=pid)
    return seen


def age_of(pid: int) -> float:
    """Seconds since it began. Raises Refused if it has gone."""
    return stat_of(pid).age_at(system_uptime())


def system_uptime() -> float:
    """Seconds since the system was started."""
    with open("/proc/uptime", encoding="ascii") as file:
        return float(file.read().split()[0])


def status_of(pid: int, thread: int | None = None) -> dict[str, str]:
    """Read /proc/PID/status, or that of one of its threads. Raises Refused if it has gone."""
    path = f"/proc/{pid}/status" if thread is None else f"/proc/{pid}/task/{thread}/status"
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return {name: value.strip() for name, _, value in (line.partition(":") for line in file)}
    except OSError:
        raise Refused(Refusal.GONE, pid=pid) from None


def threads_of(pid: int) -> list[int]:
    """Return the numbers of its threads; none if it has gone."""
    try:
        return sorted(int(name) for name in os.listdir(f"/proc/{pid}/task"))
    except (OSError, ValueError):
        return []


def names_of_threads(pid: int) -> set[str]:
    """Return what the system calls its threads."""
    names = set()
    for thread in threads_of(pid):
        try:
            with open(f"/proc/{pid}/task/{thread}/comm", encoding="utf-8", errors="replace") as file:
                names.add(file.read().rstrip("\n"))
        except OSError:
            continue  # it has ended
    return names


def words_of(pid: int) -> list[str]:
    """Return its command line; empty if it has gone or may not be read."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return [os.fsdecode(word) for word in file.read().split(b"\0")[:-1]]
    except OSError:
        return []


def name_of_user(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)


def number_inside(pid: int) -> int:
    """Return the number that it knows itself by: within a container that is another."""
    return int(status_of(pid).get("NSpid", str(pid)).split()[-1])


def threads_by_number_inside(pid: int) -> dict[int, int]:
    """Return the numbers of its threads, by those that it knows them by. Raises Refused if it has gone."""
    threads = threads_of(pid)
    if len(status_of(pid).get("NSpid", "").split()) < 2:
        return {thread: thread for thread in threads}
    found = {}
    for thread in threads:
        try:
            found[int(status_of(pid, thread)["NSpid"].split()[-1])] = thread
        except (Refused, KeyError):
            continue  # it has ended
    return found


def user_inside(pid: int) -> int:
    """Return the number that this user has in its eyes: within a container of the user's own that is another.

    Raises Refused if it has gone.
    """
    user = os.geteuid()
    try:
        with open(f"/proc/{pid}/uid_map", encoding="ascii") as file:
            for line in file:
                inside, outside, count = (int(word) for word in line.split())
                if outside <= user < outside + count:
                    return inside + user - outside
    except FileNotFoundError:
        if not os.path.exists(f"/proc/{pid}"):
            raise Refused(Refusal.GONE, pid=pid) from None
        return user  # a kernel that has no such numbers
    except (OSError, ValueError):
        raise Refused(Refusal.GONE, pid=pid) from None
    try:
        with open("/proc/sys/kernel/overflowuid", encoding="ascii") as file:
            return int(file.read())
    except (OSError, ValueError):
        return _NOBODY


def check_ours(pid: int) -> None:
    """Raise Refused unless it is a process of this user, neither ended nor held by somebody."""
    if not sys.platform.startswith("linux"):
        raise Refused(Refusal.NOT_HERE)
    status = status_of(pid)
    users = {int(word) for word in status["Uid"].split()}
    if users != {os.geteuid()}:
        raise Refused(Refusal.OTHER_USER, user=name_of_user(next(iter(users - {os.geteuid()}))))
    state = status["State"][:1]
    if state in "ZX":
        raise Refused(Refusal.GONE, pid=pid)
    tracer = int(status.get("TracerPid", "0"))
    if tracer:
        words = status_of(tracer).get("Name", "?") if os.path.exists(f"/proc/{tracer}") else "?"
        raise Refused(Refusal.TRACED, name=words, tracer=tracer)
    if state in "Tt":
        raise Refused(Refusal.STOPPED, pid=pid)


def check_visible(pid: int) -> None:
    """Raise Refused unless the system lets this user look into it."""
    with looking_into(pid), open(f"/proc/{pid}/maps", "rb"):
        pass


def system_call_of(pid: int, thread: int) -> list[str]:
    """Return the system call that a thread is in, as the kernel writes it; empty if it has gone or may not be read."""
    try:
        with open(f"/proc/{pid}/task/{thread}/syscall", encoding="ascii") as file:
            return file.read().split()
    except OSError:
        return []


@contextlib.contextmanager
def looking_into(pid: int) -> Iterator[None]:
    """Tell of an `OSError` of the kernel's why nobody may look into a process, or that it has gone. Raises Refused."""
    try:
        yield
    except PermissionError:
        raise why_no_access(pid) from None
    except OSError:
        raise Refused(Refusal.GONE, pid=pid) from None


def why_no_access(pid: int, *, yama: str = YAMA) -> Refused:
    """What the kernel's "permission denied" means for this process, and what would change it."""
    status = status_of(pid)
    real = int(status["Uid"].split()[0])
    if real != os.geteuid():
        return Refused(Refusal.OTHER_USER, user=name_of_user(real))
    try:
        if os.stat(f"/proc/{pid}/mem").st_uid != real:  # the folder itself always belongs to the user
            return Refused(Refusal.CHANGED_RIGHTS)
        with open(yama, encoding="ascii") as file:
            scope = int(file.read())
    except FileNotFoundError:
        scope = 0
    except (OSError, ValueError):
        scope = 0
    kinds = {1: Refusal.ONLY_CHILDREN, 2: Refusal.ONLY_ROOT, 3: Refusal.NOBODY}
    return Refused(kinds.get(scope, Refusal.FORBIDDEN))
