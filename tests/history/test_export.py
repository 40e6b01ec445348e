"""Exports: whole or not at all, without formulas, with numbers."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from taskmon.core.base.errors import TaskmonError
from taskmon.core.task.progress import Progress
from taskmon.core.task.snapshot import DETACHED, NOT_SEEN
from taskmon.history.export import FIELDS, defused, write_csv, write_json
from taskmon.history.reader import Entry, Query
from tests.history.samples import S, entries, picture, record


def some(folder: Path) -> list[Entry]:
    record(
        folder,
        picture(1, name='=HYPERLINK("http://evil")', progress=Progress(-2.5, None, "", "@me")),
        picture(2, S.FAILED, name="Größe, 名前\nzweite", error='say "no"'),
    )
    return entries(folder)


def test_a_spreadsheet_gets_no_formula_but_gets_numbers(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    write_csv(str(path), some(tmp_path))

    with path.open(encoding="utf-8-sig", newline="") as file:
        second, first = list(csv.DictReader(file))
    assert first["name"] == """'=HYPERLINK("http://evil")"""
    assert first["message"] == "'@me"
    assert first["done"] == "-2.5"
    assert first["total"] == ""
    assert (second["name"], second["error"], second["state"]) == ("Größe, 名前\nzweite", 'say "no"', "failed")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_begins_like_a_formula_is_defused(start: str) -> None:
    assert defused(f"{start}1+1") == f"'{start}1+1"
    assert defused(f"a{start}") == f"a{start}"
    assert defused(-1) == -1


def test_json_is_a_list_of_objects(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    write_json(str(path), some(tmp_path))

    second, first = json.loads(path.read_text(encoding="utf-8"))
    assert tuple(first) == FIELDS
    assert (first["name"], first["done"], first["total"]) == ('=HYPERLINK("http://evil")', -2.5, None)
    assert second["ended"].count("T") == 1


def test_an_end_that_was_not_seen_is_called_so_wherever_it_is_told(tmp_path: Path) -> None:
    """As `taskmon list --json` and the table call it, also where the history is asked for it."""
    record(
        tmp_path,
        *(picture(number, S.CUT_OFF, error=error) for number, error in enumerate(("", NOT_SEEN, DETACHED), 1)),
        picture(4, S.LOST),
    )
    write_json(str(tmp_path / "out.json"), entries(tmp_path))
    told = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))

    assert {entry["state"] for entry in told} == {"cut_off", "ended", "detached", "lost"}
    for entry in told:
        assert [found.id for found in entries(tmp_path, Query(state=entry["state"]))] == [entry["id"]]


def test_an_empty_history_is_an_empty_list(tmp_path: Path) -> None:
    write_json(str(tmp_path / "a"), [])
    write_csv(str(tmp_path / "b"), [])

    assert json.loads((tmp_path / "a").read_text()) == []
    assert (tmp_path / "b").read_text(encoding="utf-8-sig").strip() == ",".join(FIELDS)


def test_an_export_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old")

    def fail() -> object:
        yield some(tmp_path)[0]
        raise TaskmonError("gone")

    with pytest.raises(TaskmonError, match="gone"):
        write_csv(str(path), fail())  # type: ignore[arg-type]
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir() if "part" in entry.name] == []


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(TaskmonError, match="could not be written"):
        write_json(str(tmp_path / "no" / "out.json"), [])
