"""Build what people install: wheel and sdist, an application folder that needs no Python, and a Debian package.

Started by `dev.py build`, which has put the tools into .venv. Results go to dist/, everything else to build/.
"""

from __future__ import annotations

import gzip
import os
import platform
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path

import taskmon

ROOT = Path(__file__).resolve().parent.parent
PACKAGING = ROOT / "packaging"
WORK = ROOT / "build"
DIST = ROOT / "dist"
BUNDLE = DIST / "taskmon"
APP_ID = "org.taskmon.Taskmon"
ICON = ROOT / "resources" / "icons" / "taskmon.svg"
ICON_SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)

# What the bundle takes from the system, and the Debian packages that have it. The build fails over one not named.
SYSTEM_LIBRARIES = {
    "ld-linux-aarch64.so.1": "libc6 (>= 2.34)",
    "ld-linux-x86-64.so.2": "libc6 (>= 2.34)",
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libX11.so.6": "libx11-6",
    "libbrotlicommon.so.1": "libbrotli1",
    "libbrotlidec.so.1": "libbrotli1",
    "libc.so.6": "libc6 (>= 2.34)",
    "libdbus-1.so.3": "libdbus-1-3",
    "libdl.so.2": "libc6 (>= 2.34)",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libgcc_s.so.1": "libgcc-s1",
    "libglib-2.0.so.0": "libglib2.0-0t64 | libglib2.0-0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libgthread-2.0.so.0": "libglib2.0-0t64 | libglib2.0-0",
    "libm.so.6": "libc6 (>= 2.34)",
    "libpthread.so.0": "libc6 (>= 2.34)",
    "libresolv.so.2": "libc6 (>= 2.34)",
    "librt.so.1": "libc6 (>= 2.34)",
    "libstdc++.so.6": "libstdc++6",
    "libutil.so.1": "libc6 (>= 2.34)",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-glx.so.0": "libxcb-glx0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libzstd.so.1": "libzstd1",
}


def call(*command: str | Path, **options: str) -> str:
    """Run a command, which must succeed; its output."""
    environment = {**os.environ, **options}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, check=True, timeout=1800
    )
    return done.stdout


# --- Wheel and sdist -------------------------------------------------------------------------------------------


def wheel() -> list[Path]:
    call(sys.executable, "-m", "build", "--no-isolation", "--outdir", DIST, ROOT)
    return sorted(DIST.glob(f"taskmon_desktop-{taskmon.__version__}*"))


# --- The application folder ------------------------------------------------------------------------------------


def bundle() -> list[Path]:
    call(
        *(sys.executable, "-m", "PyInstaller", "--noconfirm", "--clean", "--log-level", "ERROR"),
        *("--distpath", DIST, "--workpath", WORK / "pyinstaller", PACKAGING / "taskmon.spec"),
    )
    for library in libraries():
        call("strip", "--strip-unneeded", library)
    system_packages()
    smoke_test()
    return [BUNDLE]


def libraries() -> list[Path]:
    return [path for path in BUNDLE.rglob("*") if ".so" in path.name and not path.is_symlink()]


def system_packages() -> list[str]:
    """The packages the bundle cannot do without, found by asking every library in it what it loads."""
    headers = "\n".join(call("objdump", "-p", path) for path in [BUNDLE / "taskmon", *libraries()])
    needed = set(re.findall(r"^ +NEEDED +(\S+)$", headers, re.MULTILINE))
    outside = needed - {path.name for path in BUNDLE.rglob("*.so*")}
    if unknown := outside - SYSTEM_LIBRARIES.keys():
        raise SystemExit(f"Name the packages of these libraries in {Path(__file__).name}: {sorted(unknown)}")
    return sorted({SYSTEM_LIBRARIES[name] for name in outside})


def smoke_test() -> None:
    """Start the finished program: it must say its version, and open and close its window."""
    program = BUNDLE / "taskmon"
    answer = call(program, "--version").strip()
    if taskmon.__version__ not in answer:
        raise SystemExit(f"The bundle says {answer!r} for its version, not {taskmon.__version__}.")
    call(program, QT_QPA_PLATFORM="offscreen", TASKMON_QUIT_AFTER_MS="500")


# --- The Debian package ----------------------------------------------------------------------------------------


def deb() -> list[Path]:
    if not shutil.which("dpkg-deb"):
        print("No .deb: dpkg-deb is not on this machine.")
        return []
    if not BUNDLE.exists():
        bundle()
    tree = WORK / "deb"
    shutil.rmtree(tree, ignore_errors=True)
    share = tree / "usr" / "share"

    shutil.copytree(BUNDLE, tree / "usr" / "lib" / "taskmon", symlinks=True)
    (tree / "usr" / "bin").mkdir()
    (tree / "usr" / "bin" / "taskmon").symlink_to("../lib/taskmon/taskmon")

    install(PACKAGING / f"{APP_ID}.desktop", share / "applications")
    install(PACKAGING / f"{APP_ID}.metainfo.xml", share / "metainfo")
    install(ICON, share / "icons/hicolor/scalable/apps", f"{APP_ID}.svg")
    for size in ICON_SIZES:
        render(ICON, size, share / f"icons/hicolor/{size}x{size}/apps/{APP_ID}.png")
    install(ROOT / "LICENSE", share / "doc/taskmon", "copyright")
    compress(PACKAGING / "CHANGELOG.md", share / "doc/taskmon/changelog.gz")
    compress(PACKAGING / "taskmon.1", share / "man/man1/taskmon.1.gz")

    control = tree / "DEBIAN" / "control"
    control.parent.mkdir()
    control.write_text(control_text(installed_kib(tree)))
    before_removal = control.with_name("prerm")
    before_removal.write_text(prerm_text("/usr/lib/taskmon"))
    before_removal.chmod(0o755)
    for path in tree.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    package = DIST / f"taskmon_{taskmon.__version__}_{architecture()}.deb"
    call("dpkg-deb", "--root-owner-group", "-Zxz", "--build", tree, package)
    return [package]


def install(source: Path, folder: Path, name: str = "") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, folder / (name or source.name))


def compress(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(gzip.compress(source.read_bytes(), mtime=0))


def render(svg: Path, size: int, target: Path) -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QRectF
    from PySide6.QtGui import QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    target.parent.mkdir(parents=True, exist_ok=True)
    image = QImage(size, size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    QSvgRenderer(str(svg)).render(painter, QRectF(0, 0, size, size))
    painter.end()
    if not image.save(str(target)):
        raise SystemExit(f"{target} could not be written.")


def control_text(installed: int) -> str:
    return textwrap.dedent(
        f"""\
        Package: taskmon
        Version: {taskmon.__version__}
        Architecture: {architecture()}
        Maintainer: the taskmon authors <authors@taskmon.invalid>
        Installed-Size: {installed}
        Depends: {", ".join(system_packages())}
        Recommends: fonts-dejavu-core | fonts-noto-core, fonts-noto-cjk
        Section: devel
        Priority: optional
        Description: see your background threads, and stop any one of them safely
         taskmon lists the background worker threads of Python programs, with live
         progress and a Cancel button on each row. Cancel sets the worker's stop
         flag; nothing is ever killed.
        """
    )


def prerm_text(folder: str) -> str:
    """Remove what Python has written beside the watcher's sources, in programs of root: dpkg does not know of it."""
    return f"#!/bin/sh\nset -e\nfind {folder} -type d -name __pycache__ -prune -exec rm -rf {{}} +\n"


def architecture() -> str:
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())


def installed_kib(tree: Path) -> int:
    return -(-size_of(tree) // 1024)


# --- All of it -------------------------------------------------------------------------------------------------


def size_of(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.lstat().st_size for file in files if not file.is_dir() or file.is_symlink())


PARTS: dict[str, Callable[[], list[Path]]] = {"wheel": wheel, "bundle": bundle, "deb": deb}


def main(names: Sequence[str]) -> int:
    if unknown := [name for name in names if name not in PARTS]:
        print(f"There is no {unknown[0]!r} to build; there are: {', '.join(PARTS)}.", file=sys.stderr)
        return 2
    DIST.mkdir(exist_ok=True)
    made = [path for name in names or PARTS for path in PARTS[name]()]
    for path in made:
        print(f"{size_of(path) / 1e6:8.1f} MB  {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
