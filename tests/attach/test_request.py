"""The note to a program: taken once, by one; withdrawn for sure; good only while somebody waits."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import pytest

from taskmon.attach import begin, request
from taskmon.attach.refusals import Refusal, Refused
from taskmon.attach.request import Note, Outcome, check_files

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux alone")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the notes are, in these tests."""
    folder = tmp_path / "notes"
    for module in (begin, request):
        monkeypatch.setattr(module, "places", lambda user: (str(folder),))
    return folder


def taken(place: Path) -> None:
    """What the program does, as the first thing."""
    base = str(place / str(os.getpid()))
    os.rename(base + ".note", base + ".taken")


def test_a_note_is_taken_once_and_answered(place: Path) -> None:
    with Note(os.getpid(), {"want": "attach", "folder": "/x"}) as note:
        assert not note.is_taken()
        taken(place)
        assert note.is_taken()
        assert (place / f"{os.getpid()}.taken").read_text() == "want=attach\nfolder=/x\n"
        with pytest.raises(FileNotFoundError):
            taken(place)
        assert not note.withdraw(), "too late"
        (place / f"{os.getpid()}.answer").write_text("attached\nwell done")
        assert note.answer(5) == (Outcome.ATTACHED, "well done")
    assert list(place.iterdir()) == []


def test_a_note_that_is_withdrawn_is_read_by_nobody(place: Path) -> None:
    with Note(os.getpid(), {"want": "attach"}) as note:
        assert note.withdraw()
        with pytest.raises(FileNotFoundError):
            taken(place)


def test_the_program_takes_its_note_and_starts_one_thread(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[object, tuple[object, ...]]] = []
    monkeypatch.setattr(warnings, "filters", list(warnings.filters))
    monkeypatch.setattr(begin._thread, "start_new_thread", lambda function, args: started.append((function, args)))
    monkeypatch.setattr(begin, "_is_original", lambda function: True)
    begin.begin()
    assert started == [], "no note: nothing happens"
    with Note(os.getpid(), {"want": "attach"}) as note:
        begin.begin()
        begin.begin()
        ((function, (note_path, _)),) = started
        assert (function, note_path) == (begin.work, str(place / str(os.getpid())))
        assert note.is_taken()


def test_a_note_of_one_who_died_is_not_obeyed(place: Path) -> None:
    """Its lock has gone with its process."""
    with Note(os.getpid(), {"want": "attach", "folder": "/nowhere"}) as note:
        taken(place)
        fcntl.flock(note._file, fcntl.LOCK_UN)
        thread = threading.Thread(target=begin.work, args=(str(place / str(os.getpid())), ([], [])))
        thread.start()
        thread.join()
    assert list(place.iterdir()) == []


def test_what_goes_wrong_in_the_program_is_the_answer(place: Path) -> None:
    with Note(os.getpid(), {"want": "attach", "folder": "/nowhere"}) as note:
        taken(place)
        thread = threading.Thread(target=begin.work, args=(str(place / str(os.getpid())), ([], [])))
        thread.start()
        answer = note.answer(10)
        thread.join()
    assert answer.outcome is Outcome.FAILED
    assert "FileNotFoundError" in answer.text


def test_two_do_not_ask_one_program_at_once(place: Path) -> None:
    with Note(os.getpid(), {"want": "attach"}):
        with pytest.raises(Refused) as refused:
            Note(os.getpid(), {"want": "detach"})
        assert refused.value.refusal is Refusal.ASKED_BY_ANOTHER


def test_what_a_dead_one_left_is_cleared_away(place: Path) -> None:
    place.mkdir(mode=0o700)
    for kind in ("note", "taken", "answer", "part"):
        (place / f"{os.getpid()}.{kind}").write_text("failed\nof another day")
    with Note(os.getpid(), {"want": "attach"}) as note:
        taken(place)
        with pytest.raises(Refused) as refused:
            note.answer(0.0)
        assert refused.value.refusal is Refusal.NO_ANSWER


def test_a_program_that_dies_is_waited_for_no_longer(place: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    with Note(child.pid, {"want": "attach"}) as note:
        child.communicate()
        with pytest.raises(Refused) as refused:
            note.is_taken()
        assert refused.value.refusal is Refusal.GONE
        with pytest.raises(Refused):
            note.answer(60)


def test_a_folder_that_others_can_look_into_is_not_used(place: Path) -> None:
    place.mkdir(mode=0o755)
    with pytest.raises(Refused) as refused:
        Note(os.getpid(), {"want": "attach"})
    assert refused.value.refusal is Refusal.FOLDER
    begin.begin()  # nor does the program take anything from there


def test_a_link_in_the_place_of_the_folder_is_not_followed(place: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    place.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Refused) as refused:
        Note(os.getpid(), {"want": "attach"})
    assert refused.value.refusal is Refusal.FOLDER


class TestFiles:
    @pytest.fixture
    def package(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A package that is installed somewhere."""
        folder = tmp_path / "site" / "taskmon"
        (folder / "attach").mkdir(parents=True)
        script = folder / "attach" / "begin.py"
        script.write_text("pass\n")
        monkeypatch.setattr(request, "PACKAGE", folder)
        monkeypatch.setattr(request, "SCRIPT", script)
        return folder

    def test_files_of_the_users_own_are_loaded(self, package: Path) -> None:
        check_files(os.getpid())

    @pytest.mark.parametrize("part", ["attach/begin.py", "attach", ".", ".."])
    def test_files_that_others_can_change_are_not(self, package: Path, part: str) -> None:
        path = package / part
        path.chmod(path.stat().st_mode | 0o002)
        with pytest.raises(Refused) as refused:
            check_files(os.getpid())
        assert refused.value.refusal is Refusal.UNSAFE_FILES
        path.chmod(path.stat().st_mode & ~0o002)

    @pytest.mark.parametrize("open_to_all", [False, True])
    def test_where_a_link_leads_others_can_change_nothing(
        self, package: Path, tmp_path: Path, open_to_all: bool
    ) -> None:
        """Some installers put links to the files of a store into the package."""
        store = tmp_path / "store"
        store.mkdir()
        (store / "other.py").write_text("pass\n")
        (package / "other.py").symlink_to(store / "other.py")
        if not open_to_all:
            check_files(os.getpid())
            return
        store.chmod(0o777)
        with pytest.raises(Refused) as refused:
            check_files(os.getpid())
        assert refused.value.refusal is Refusal.UNSAFE_FILES
        assert refused.value.values["path"] == str(store)

    def test_files_of_another_group_are_not(self, package: Path) -> None:
        if os.geteuid() != 0:
            pytest.skip("only root can give a file away")
        os.chown(package / "attach", 0, 12345)
        (package / "attach").chmod(0o775)
        with pytest.raises(Refused) as refused:
            check_files(os.getpid())
        assert refused.value.refusal is Refusal.UNSAFE_FILES

    def test_files_of_another_user_are_not(self, package: Path) -> None:
        if os.geteuid() != 0:
            pytest.skip("only root can give a file away")
        os.chown(package / "attach" / "begin.py", 12345, 0)
        with pytest.raises(Refused) as refused:
            check_files(os.getpid())
        assert refused.value.refusal is Refusal.UNSAFE_FILES

    def test_a_program_that_has_other_files_there_is_not_asked(self, package: Path) -> None:
        """In a container, say: what it would execute is not ours."""
        package.joinpath("attach", "begin.py").rename(package / "attach" / "gone.py")
        package.joinpath("attach", "begin.py").write_text("pass\n")
        request.check_files(os.getpid())
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os.path, "samestat", lambda ours, theirs: False)
            with pytest.raises(Refused) as refused:
                check_files(os.getpid())
        assert refused.value.refusal is Refusal.OTHER_ROOT
