"""What people install: complete, and one story told in every file that names a version, an id or a dependency."""

import itertools
import os
import re
import shutil
import subprocess
import tarfile
import tomllib
import zipfile
from configparser import ConfigParser
from contextlib import suppress
from email.parser import Parser
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest
from PySide6.QtGui import QImage

import taskmon
from taskmon.cli import main
from taskmon.cli.options import COMMANDS

APP_ID = "org.taskmon.Taskmon"


@pytest.fixture
def project(root: Path) -> dict[str, Any]:
    with (root / "pyproject.toml").open("rb") as file:
        table: dict[str, Any] = tomllib.load(file)["project"]
    return table


# --- pyproject.toml --------------------------------------------------------------------------------------------


def test_pyside6_6_12_never_meets_python_3_11(project: dict[str, Any]) -> None:
    assert project["dependencies"] == [
        "PySide6-Essentials>=6.8,<6.12; python_version<'3.12'",
        "PySide6-Essentials>=6.8; python_version>='3.12'",
        "jeepney; sys_platform=='linux'",
        "platformdirs",
        "tomlkit",
    ]


def test_the_names_people_type(project: dict[str, Any]) -> None:
    assert project["name"] == "taskmon-desktop"
    assert project["scripts"] == {"taskmon": "taskmon.cli.main:main"}
    assert set(project["optional-dependencies"]) == {"attach", "bench", "build", "dask", "test"}
    assert project["requires-python"] == ">=3.11"


def test_dev_py_knows_the_oldest_python(project: dict[str, Any], dev: ModuleType) -> None:
    assert project["requires-python"] == ">=" + ".".join(map(str, dev.OLDEST_PYTHON))


# --- Wheel and sdist -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wheel and an sdist of this checkout."""
    from hatchling.build import build_sdist, build_wheel

    folder = tmp_path_factory.mktemp("dist")
    before = Path.cwd()
    os.chdir(Path(__file__).parents[2])
    try:
        build_wheel(str(folder))
        build_sdist(str(folder))
    finally:
        os.chdir(before)
    return folder


def test_the_wheel_holds_the_package_and_its_resources(distributions: Path, root: Path) -> None:
    [path] = distributions.glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        names = set(wheel.namelist())
        metadata = Parser().parsestr(wheel.read(f"taskmon_desktop-{taskmon.__version__}.dist-info/METADATA").decode())

    expected = {
        source.relative_to(base).as_posix()
        for folder, base in ((root / "taskmon", root), (root / "resources", root))
        for source in folder.rglob("*")
        if source.is_file() and source.suffix in {".py", ".qm", ".svg", ".typed"}
    }
    expected = {name if name.startswith("taskmon/") else f"taskmon/{name}" for name in expected}
    assert expected - names == set()
    assert "taskmon/py.typed" in names, "type checkers pass over the annotations of a package without it"
    own = f"taskmon_desktop-{taskmon.__version__}"
    beside = {name for name in names if not name.startswith("taskmon/") and not name.startswith(f"{own}.dist-info/")}
    assert beside == {f"{own}.data/data/share/man/man1/taskmon.1"}, "where man finds it"
    assert metadata["Version"] == taskmon.__version__
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Description-Content-Type"] == "text/markdown"


def test_the_sdist_can_build_and_test_itself(distributions: Path) -> None:
    [path] = distributions.glob("*.tar.gz")
    with tarfile.open(path) as sdist:
        names = {name.split("/", 1)[1] for name in sdist.getnames()}

    assert names >= {
        "LICENSE",
        "README.md",
        "packaging/dev.py",
        "packaging/needs.py",
        "packaging/taskmon.spec",
        "pyproject.toml",
        "resources/icons/taskmon.svg",
        "taskmon/__init__.py",
        "tests/test_architecture.py",
    }
    assert [name for name in names if name.startswith((".venv", "build/", "dist/"))] == []


# --- Desktop entry, metainfo, icon -----------------------------------------------------------------------------


@pytest.fixture
def desktop_entry(root: Path) -> Path:
    return root / "packaging" / f"{APP_ID}.desktop"


@pytest.fixture
def metainfo(root: Path) -> Path:
    return root / "packaging" / f"{APP_ID}.metainfo.xml"


def validate(*command: str | Path) -> None:
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    assert done.returncode == 0, done.stdout


def test_the_desktop_entry_is_valid(desktop_entry: Path) -> None:
    validate("desktop-file-validate", desktop_entry)


def test_the_metainfo_is_valid(metainfo: Path) -> None:
    validate("appstreamcli", "validate", "--no-net", metainfo)


def test_the_desktop_finds_icon_and_program(
    desktop_entry: Path, metainfo: Path, project: dict[str, Any], release: ModuleType
) -> None:
    entry = ConfigParser(interpolation=None)
    entry.read(desktop_entry)
    component = ElementTree.parse(metainfo).getroot()

    assert entry["Desktop Entry"]["Icon"] == APP_ID == release.APP_ID
    assert entry["Desktop Entry"]["Exec"] in project["scripts"]
    assert component.findtext("id") == APP_ID
    assert component.findtext("launchable") == desktop_entry.name
    assert component.findtext("provides/binary") in project["scripts"]
    assert component.findtext("project_license") == project["license"]


def test_every_file_tells_of_this_version(metainfo: Path, root: Path) -> None:
    newest = ElementTree.parse(metainfo).getroot().find("releases/release")
    headings = re.findall(r"^## \[(.+?)\]", (root / "packaging" / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert newest is not None
    assert newest.get("version") == headings[0] == taskmon.__version__


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS), ["start", "checksum"]], ids=" ".join)
def test_the_manual_page_knows_every_option(root: Path, command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with suppress(SystemExit):
        main.main([*command, "--help"])

    options = set(re.findall(r"^ .*?(--[a-z-]+)", capsys.readouterr().out, re.MULTILINE))
    manual = (root / "packaging" / "taskmon.1").read_text().replace("\\-", "-")
    assert "--help" in options
    assert {option for option in options if f".B {option}" not in manual} == set()
    assert " ".join(command) in manual


@pytest.mark.parametrize("size", [16, 32, 256])
def test_the_icon_is_readable_at_every_size(release: ModuleType, root: Path, tmp_path: Path, size: int) -> None:
    """On the accent ground stand two shapes in white in one row: the task and its stop button."""
    target = tmp_path / "icons" / "icon.png"
    release.render(release.ICON, size, target)
    image = QImage(str(target))

    row = [image.pixelColor(x, size // 2).red() > 0xD0 for x in range(size)]
    shapes = sum(white and not before for before, white in itertools.pairwise(row))
    assert (image.width(), image.height()) == (size, size)
    assert image.pixelColor(0, 0).alpha() == 0
    assert image.pixelColor(size // 2, size // 8).name() == "#2563eb"
    assert shapes == 2


# --- The Debian package ----------------------------------------------------------------------------------------


def test_the_control_file(release: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "system_packages", lambda: ["libc6 (>= 2.34)", "libgl1"])

    fields = Parser().parsestr(release.control_text(1234))

    assert fields["Package"] == "taskmon"
    assert fields["Version"] == taskmon.__version__
    assert fields["Architecture"] in {"amd64", "arm64"}
    assert fields["Installed-Size"] == "1234"
    assert fields["Depends"] == "libc6 (>= 2.34), libgl1"
    assert fields["Description"].splitlines()[0].startswith("see your background threads")


def test_what_python_wrote_goes_with_the_package(release: ModuleType, tmp_path: Path) -> None:
    """A program that root runs leaves bytecode beside the watcher, which would keep the folder from being removed."""
    kept = tmp_path / "_internal" / "taskmon" / "watch" / "agent.py"
    (kept.parent / "__pycache__").mkdir(parents=True)
    (kept.parent / "__pycache__" / "agent.cpython-311.pyc").touch()
    kept.touch()

    subprocess.run(["sh", "-c", release.prerm_text(str(tmp_path))], check=True, timeout=60)

    assert list(kept.parent.iterdir()) == [kept]


def test_a_library_of_an_unknown_package_stops_the_build(
    release: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "libours.so.1").touch()
    monkeypatch.setattr(release, "BUNDLE", tmp_path)
    answer = "\n".join(f"  NEEDED               {name}" for name in ("libours.so.1", "libGL.so.1", "libnew.so.2"))
    monkeypatch.setattr(release, "call", lambda *_command: answer)

    with pytest.raises(SystemExit, match=r"\['libnew\.so\.2'\]"):
        release.system_packages()

    monkeypatch.setitem(release.SYSTEM_LIBRARIES, "libnew.so.2", "libnew2")
    assert release.system_packages() == ["libgl1", "libnew2"]


def test_only_known_parts_are_built(release: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert release.main(["snap"]) == 2
    assert capsys.readouterr().err == "There is no 'snap' to build; there are: wheel, bundle, deb.\n"
