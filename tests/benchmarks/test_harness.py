"""The benchmark's own arithmetic, texts and picture. Nothing is measured here."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from tests.benchmarks import picture, rounds, table
from tests.benchmarks.measure import (
    NOT_QUICK,
    Claim,
    Outcome,
    Reading,
    Row,
    Settings,
    Spread,
    Step,
    Verdict,
    at_least,
    at_most,
    difference,
    in_parts,
    judge,
    percentile,
    plain,
    quotient,
    ratio,
    share_of,
)
from tests.benchmarks.rows import ROWS, select


def test_a_spread_is_median_and_range() -> None:
    assert Spread.of([3, 1, 2]) == (2, 1, 3)
    assert Spread.of([4, 1, 2, 3]) == (2.5, 1, 4)
    assert Spread.of([7]) == (7, 7, 7)


def test_a_percentile_of_few_values_is_the_largest() -> None:
    assert percentile([5, 1, 3], 0.99) == 5
    assert percentile(range(1000), 0.99) == 990
    assert percentile(range(100), 0.5) == 50


def test_a_limit_is_within_its_target() -> None:
    assert [at_most(0.5).is_met(value) for value in (0.4, 0.5, 0.6)] == [True, True, False]
    assert [at_least(0.5).is_met(value) for value in (0.4, 0.5, 0.6)] == [False, True, True]
    assert (str(at_most(0.45)), str(at_least(3))) == ("≤ 0.45", "≥ 3")


def test_formulas_compute_and_hand_reasons_on() -> None:
    readings = {"s.a": 6.0, "s.b": 3.0, "s.none": "not built", "s.zero": 0.0}

    assert ratio("s.a", "s.b")(readings) == 2
    assert ratio("s.a", "s.b", per=4)(readings) == 0.5
    assert plain("s.a", per=3)(readings) == 2
    assert difference("s.b", "s.a")(readings) == -3
    assert ratio("s.none", "s.b")(readings) == ratio("s.a", "s.none")(readings) == "not built"
    assert ratio("s.a", "s.zero")(readings) == "the anchor was zero"
    assert plain("s.other")(readings) == "not measured"


def test_ratios_are_taken_within_each_round() -> None:
    """A machine that is twice as slow in one round changes both sides of it."""
    claim = Claim("a", ratio("s.a", "s.b"), at_most(2))

    result = judge(claim, [{"s.a": 2.0, "s.b": 1.0}, {"s.a": 200.0, "s.b": 100.0}, {"s.a": 9.0, "s.b": 3.0}])

    assert result.value == 2
    assert result.values == [2, 2, 3]


def test_the_whole_interval_decides() -> None:
    """What the rounds do not agree on is left open."""
    claim = Claim("a", plain("s.a"), at_most(2))

    def verdict(*values: float) -> Verdict:
        return judge(claim, [{"s.a": value} for value in values]).verdict

    assert verdict(1.0, 1.1, 1.2, 1.3, 2.0) is Verdict.PASS
    assert verdict(2.1, 2.2, 2.3, 2.4, 9.0) is Verdict.MISS
    assert verdict(1.0, 1.9, 1.9, 2.1, 9.0) is Verdict.OPEN
    assert judge(Claim("a", plain("s.a")), [{"s.a": 1.0}]).verdict is Verdict.SHOWN


def test_a_bootstrap_finds_the_interval() -> None:
    """Of values from one to nine, the median is hardly one of the outermost; the same is found each time."""
    played = [{"s.a": float(value)} for value in range(1, 10)]
    claim = Claim("a", plain("s.a"))

    result = judge(claim, played)

    assert result.spread == judge(claim, played).spread
    assert result.value == 5
    assert result.interval is not None
    low, high = result.interval
    assert 1 < low <= 3
    assert 7 <= high < 9


def test_one_measurement_is_no_interval() -> None:
    """Where it stands for all rounds, it says nothing of how far they differ. So it misses only if it is a count."""
    claim = Claim("a", plain("s.a"), at_most(2))

    result = judge(claim, [{"s.a": 1.5}] * 5)

    assert result.interval is None
    assert result.verdict is Verdict.PASS
    assert judge(claim, [{"s.a": 2.5}] * 5).verdict is Verdict.OPEN
    assert judge(replace(claim, exact=True), [{"s.a": 2.5}] * 5).verdict is Verdict.MISS


def test_samples_of_several_steps_stand_beside_each_other() -> None:
    """Those of about the same time; a step with fewer stands for several of another's, one without any for none."""
    often: list[dict[str, Reading]] = [{"s.a": float(number)} for number in range(6)]
    once: list[dict[str, Reading]] = [{"t.a": 10.0}, {"t.a": 20.0}]

    together = rounds.aligned([often, once, []])

    assert [readings["s.a"] for readings in together] == [0, 1, 2, 3, 4, 5]
    assert [readings["t.a"] for readings in together] == [10, 10, 10, 20, 20, 20]


def test_what_was_seen_in_one_go_is_cut_into_samples_of_neighbours() -> None:
    assert in_parts([1, 2, 3, 4, 5], 2) == [[1, 2, 3], [4, 5]]
    assert in_parts([1, 2], 8) == [[1], [2]]
    assert in_parts([]) == []


def test_rare_events_are_sought_in_all_rounds_together() -> None:
    """One bad tick of two hundred is the 99th percentile of its round, but not of ten."""
    quiet, bad = [1.0] * 199, [50.0]
    played: list[dict[str, Reading]] = [{"s.late": quiet + (bad * 3 if not number else [1.0])} for number in range(10)]
    claim = Claim("a", share_of("s.late", 0.99), at_most(2), pooled=True)

    assert judge(replace(claim, pooled=False), played[:1]).value == 50
    assert judge(claim, played).spread == (1, 1, 1)
    assert judge(claim, played).verdict is Verdict.PASS


def test_rounds_that_broke_are_not_pooled() -> None:
    claim = Claim("a", quotient(share_of("s.late", 0.5), share_of("t.late", 0.5)), pooled=True)

    result = judge(claim, [{"s.late": [4.0], "t.late": [2.0]}, {"s.late": "not built", "t.late": [9.0]}])

    assert (result.value, result.values) == (2, [2])


def test_what_is_not_there_is_no_miss() -> None:
    result = judge(Claim("a", plain("s.a"), at_most(2)), [{"s.a": "not installed"}])

    assert (result.verdict, result.reason, result.spread) == (Verdict.ABSENT, "not installed", None)


def test_a_reason_for_a_step_stands_for_all_its_readings() -> None:
    readings = rounds.WithReasons({"s.*": "not built", "t.a": 1.0})

    assert plain("s.a")(readings) == "not built"
    assert plain("t.a")(readings) == 1
    assert plain("t.b")(readings) == "not measured"


def test_neighbours_that_share_a_step_are_measured_together() -> None:
    def row(number: int, *steps: str) -> Row:
        return Row(number, str(number), "", [Step(name, lambda _: {}) for name in steps])

    groups = rounds.grouped([row(1, "a"), row(2, "b", "c"), row(3, "c", "d"), row(4, "d"), row(5, "a")])

    assert [[member.number for member in group] for group in groups] == [[1], [2, 3, 4], [5]]


@pytest.mark.parametrize(("quick", "expected"), [(False, "oafaf"), (True, "oafa")])
def test_what_is_costly_is_run_in_the_first_round_only(
    quick: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some always, some with --quick; what they read stands for all rounds."""
    ran: list[str] = []

    def run(_row: Row, step: Step, _settings: Settings) -> list[dict[str, Reading]]:
        ran.append(step.name)
        return [{f"{step.name}.x": float(len(ran))}]

    monkeypatch.setattr(rounds, "run_step", run)
    steps = [
        Step("o", lambda _: {}, once=True),
        Step("a", lambda _: {}),
        Step("f", lambda _: {}, seldom=True),
    ]
    (outcome,) = rounds.measure([Row(1, "row", "Row", steps, rounds=2)], Settings(quick), lambda _: None)

    assert sorted(ran) == sorted(expected)
    assert [readings["o.x"] for readings in outcome.rounds] == [1.0, 1.0]


def test_every_row_has_its_place() -> None:
    assert [row.number for row in ROWS] == list(range(1, 23))
    assert len({row.name for row in ROWS}) == 22
    assert all(row.claims and row.title and bool(row.steps) != bool(row.vacant) for row in ROWS)
    assert all(row.rounds >= 3 for row in ROWS), "fewer than five only where each gives several samples"


def test_the_picture_has_ten_bars_with_a_name_of_their_own() -> None:
    """More, nobody reads."""
    captions = [claim.caption for row in ROWS for claim in row.claims if claim.caption]
    assert len(captions) == len(set(captions)) == 10


@pytest.mark.parametrize("row", [row for row in ROWS if not row.vacant], ids=lambda row: row.name)
def test_every_claim_reads_what_its_row_measures(row: Row) -> None:
    """A reading that no step is there to give could never be seen missing otherwise."""
    asked: list[str] = []

    class Asked(dict[str, float]):
        def get(self, key: str, default: object = None) -> float:  # type: ignore[override]
            asked.append(key)
            return 1.0

    for claim in row.claims:
        claim.value(Asked())

    steps = {step.name for step in row.steps}
    assert {key.partition(".")[0] for key in asked} == steps


def test_rows_are_chosen_by_name_and_number() -> None:
    assert [row.number for row in select(["7", "checkpoint", "start"])] == [1, 7]
    assert select([]) == list(ROWS)
    with pytest.raises(ValueError, match="no nonsense, 23"):
        select(["nonsense", "23"])


def sample() -> list[Outcome]:
    row = Row(
        3,
        "sample",
        "A <row> & more",
        [Step("s", lambda _: {})],
        [
            Claim("good", ratio("s.a", "s.b"), at_most(0.5), "peer", caption="Good"),
            Claim("bad", ratio("s.b", "s.a"), at_most(0.5), "<peer>", caption="Bad & long"),
            Claim("shown", plain("s.b"), unit="ms"),
            Claim("gone", plain("s.c"), at_most(1)),
        ],
    )
    played: list[dict[str, Reading]] = [{"s.a": 1.0, "s.b": value, "s.c": "not built"} for value in (4.0, 4.0, 5.0)]
    return [Outcome(row, played)]


def test_what_quick_leaves_out_is_counted_and_not_listed() -> None:
    """A third of the lines would otherwise say so, each by itself."""
    claims = [Claim("there", plain("s.a"), at_most(5)), Claim("left out", plain("s.b"), at_most(5))]
    readings: list[dict[str, Reading]] = [{"s.a": 1.0, "s.b": NOT_QUICK}]
    both, none = Row(1, "both", "Both", [], claims), Row(2, "none", "None of it", [], claims[1:])

    told = table.text([Outcome(both, readings), Outcome(none, readings)])

    assert "there" in told
    assert "left out" not in told
    assert "None of it" not in told
    assert told.endswith("1 targets met, 0 missed, 2 not with --quick")


def test_a_target_that_is_missed_is_told_with_what_was_found() -> None:
    claim = Claim("time", plain("step.ms"), at_most(3), because="the other one does nothing")
    row = Row(4, "some", "Something", [], [claim])

    met, missed = (
        table.text([Outcome(row, [{"step.ms": ms}, {"step.ms": ms + 0.1}])]).splitlines() for ms in (2.0, 4.0)
    )

    assert missed[-1] == " 4  time: the other one does nothing."
    assert not any("the other" in line for line in met)


def test_the_table_reads_as_it_should() -> None:
    lines = table.text(sample()).splitlines()

    assert [line.split() for line in lines if line.strip() and not line.startswith("─")] == [
        ["measure", "beside", "value", "interval", "target"],
        ["3", "A", "<row>", "&", "more"],
        ["good", "peer", "0.25", "×", "0.2", "–", "0.25", "≤", "0.5", "pass"],
        ["bad", "<peer>", "4", "×", "4", "–", "5", "≤", "0.5", "MISS"],
        ["shown", "4", "ms", "4", "–", "5"],
        ["gone", "≤", "1", "not", "built"],
        ["1", "targets", "met,", "1", "missed,", "1", "without", "a", "measurement"],
    ]


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "0"), (0.012345, "0.0123"), (1.0, "1"), (14829448.8, "14 829 449"), (0.00001, "1e-05")]
)
def test_figures_are_short(value: float, shown: str) -> None:
    assert table.number(value) == shown


def test_the_document_is_json_with_everything_in_it() -> None:
    document = json.loads(json.dumps(table.document(sample(), {"python": "3"})))

    (row,) = document["rows"]
    assert document["environment"] == {"python": "3"}
    assert [claim["verdict"] for claim in row["claims"]] == ["pass", "MISS", "shown", "absent"]
    assert row["claims"][0]["values"] == [0.25, 0.25, 0.2]
    assert row["readings"][0]["s.c"] == "not built"


def test_the_picture_is_sound() -> None:
    """Well-formed whatever the texts; nothing outside its frame; nothing that asks for a file or a script."""
    root = ElementTree.fromstring(picture.draw(sample(), "Python <3> & more"))

    space = "{http://www.w3.org/2000/svg}"
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    titles = [title.text for title in root.iter(f"{space}title")]
    assert titles == ["A <row> & more: good, beside peer", "A <row> & more: bad, beside <peer>"]
    for rect in root.iter(f"{space}rect"):
        x, y, w, h = (float(rect.get(key, 0)) for key in ("x", "y", "width", "height"))
        assert 0 <= x <= x + w <= width
        assert 0 <= y <= y + h <= height
    assert {element.tag.removeprefix(space) for element in root.iter()} <= {"svg", "rect", "line", "text", "g", "title"}
