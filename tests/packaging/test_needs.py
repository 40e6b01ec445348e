"""What the system must have: found where it is, installed where that is allowed, named exactly otherwise."""

import os
import shutil
import sys
from types import ModuleType

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the wheels of Qt bring all they need")

MANAGERS = ("apt", "dnf", "pacman")


@pytest.fixture
def machine(needs: ModuleType, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The programs of a made-up machine, for a user who is not root."""
    programs: set[str] = set()
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}" if name in programs else None)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    return programs


@pytest.mark.parametrize(
    ("kind", "there", "missing"),
    [
        ("program", "sh", "no-such-program"),
        ("module", "json", "no_such_module"),
        ("library", "libc.so.6", "libnosuch.so.6"),
        ("libpython", "libc.so.6", "libpython1.so.1"),
    ],
)
def test_every_kind_is_told_from_its_absence(needs: ModuleType, kind: str, there: str, missing: str) -> None:
    assert needs.Need(kind, there, "a", "d", "p").is_met()
    assert not needs.Need(kind, missing, "a", "d", "p").is_met()


@pytest.mark.parametrize("manager", MANAGERS)
def test_every_need_has_a_package_everywhere(needs: ModuleType, manager: str) -> None:
    every = needs.VENV + needs.QT + needs.SCREEN + needs.COMPILER + needs.BUNDLE

    names = needs.packages(every, manager)

    assert all(name and not set(name) & set(" ;&|$") for name in names)
    assert len(names) == len(set(names))


def test_one_package_is_named_once(needs: ModuleType) -> None:
    gl, egl = (needs.Need("library", name, name, name, "libglvnd") for name in ("libGL", "libEGL"))

    assert needs.packages([gl, egl], "apt") == ["libGL", "libEGL"]
    assert needs.packages([gl, egl], "pacman") == ["libglvnd"]


def test_the_names_of_debian(needs: ModuleType) -> None:
    assert needs.packages(needs.QT, "apt") == [
        *("libgl1", "libegl1", "libdbus-1-3", "libfontconfig1", "libglib2.0-0", "libxkbcommon0"),
        *("libxkbcommon-x11-0", "libxcb-cursor0", "libxcb-icccm4", "libxcb-keysyms1", "libxcb-shape0"),
        "libwayland-cursor0",
    ]


def test_nothing_is_run_where_nothing_is_missing(needs: ModuleType, commands: list[list[str]]) -> None:
    needs.ensure([needs.Need("program", "sh", "dash", "dash", "dash")])

    assert commands == []


@pytest.mark.parametrize("programs", [set(), {"apt-get"}], ids=["not Debian", "Debian, but not allowed"])
def test_where_nothing_can_be_installed_the_lines_are_printed(
    needs: ModuleType, machine: set[str], commands: list[list[str]], programs: set[str]
) -> None:
    machine |= programs

    with pytest.raises(needs.NeedsUnmet) as told:
        needs.ensure(needs.SCREEN)

    assert commands == []
    assert str(told.value).splitlines() == [
        "This machine lacks Xvfb. One of these lines installs it:",
        "  sudo apt-get install -y --no-install-recommends xvfb",
        "  sudo dnf install -y xorg-x11-server-Xvfb",
        "  sudo pacman -S --needed --noconfirm xorg-server-xvfb",
    ]


@pytest.mark.parametrize(
    ("user", "prefix"), [(0, []), (1000, ["/usr/bin/sudo", "-n"])], ids=["root", "passwordless sudo"]
)
def test_apt_installs_what_is_missing_and_only_that(
    needs: ModuleType, machine: set[str], monkeypatch: pytest.MonkeyPatch, user: int, prefix: list[str]
) -> None:
    machine |= {"apt-get", "sudo", "objdump"}
    monkeypatch.setattr(os, "geteuid", lambda: user)
    run: list[list[str]] = []

    def apt_get(command: list[str], **_options: object) -> int:
        run.append(command)
        if "install" in command:
            machine.add("Xvfb")
        return 0

    monkeypatch.setattr("subprocess.call", apt_get)

    needs.ensure([*needs.SCREEN, needs.BUNDLE[0]])

    update, install = run[-2:]
    start = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    assert update == [*start, "update", "-qq"]
    assert install == [*start, "install", "-y", "--no-install-recommends", "-qq", "xvfb"]
    assert run[:-2] == ([["/usr/bin/sudo", "-n", "true"]] if user else [])


def test_an_install_that_did_not_help_is_not_called_a_success(
    needs: ModuleType, machine: set[str], monkeypatch: pytest.MonkeyPatch, commands: list[list[str]]
) -> None:
    machine.add("apt-get")
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    with pytest.raises(needs.NeedsUnmet, match="lacks Xvfb"):
        needs.ensure(needs.SCREEN)

    assert len(commands) == 2
