"""Which encounter is compared with which, and what counts."""

from __future__ import annotations

from dataclasses import replace

from speechaudit.evaluation.compare import ComparedEncounter, compare
from speechaudit.evaluation.labels import Expectation
from speechaudit.model import Evidence, Span
from speechaudit.reasons import because

from .made import encounter

HELLO_PASS = Expectation(verdicts={"words.hello": "pass"})
HELLO_FAIL = Expectation(verdicts={"words.hello": "fail"})
INNOCENT = Expectation(verdicts={"forbidden.dont-know": "pass"}, no_forbidden=True)


def found(compared: tuple[ComparedEncounter, ...]) -> list[tuple[int, str, str, str]]:
    return [(c.encounter, row.rule, row.expected, row.found) for c in compared for row in c.rows]


def test_equal_numbers_are_compared_in_order() -> None:
    later = (Span(start=100.0, end=200.0), Span(start=200.0, end=300.0))
    encounters = [encounter(0, 10, words__hello="pass"), encounter(20, 30, words__hello="fail")]
    assert found(compare("a", [HELLO_PASS, HELLO_FAIL], encounters, later)) == [
        (1, "words.hello", "pass", "pass"),
        (2, "words.hello", "fail", "fail"),
    ]


def test_two_services_heard_as_one_leave_one_unjudged() -> None:
    spans = (Span(start=0.0, end=10.0), Span(start=20.0, end=60.0))
    assert found(compare("a", [HELLO_PASS, HELLO_FAIL], [encounter(0, 60, words__hello="pass")], spans)) == [
        (1, "words.hello", "pass", "unjudged"),
        (2, "words.hello", "fail", "pass"),
    ]


def test_both_halves_of_a_service_count() -> None:
    """The second half has no greeting and is charged for it: that is a false accusation and must show."""
    halves = [encounter(0, 10, words__hello="pass"), encounter(25, 40, words__hello="fail")]
    assert found(compare("a", [HELLO_PASS], halves)) == [
        (1, "words.hello", "pass", "pass"),
        (1, "words.hello", "pass", "fail"),
    ]


def test_a_service_too_many_goes_to_the_nearest() -> None:
    spans = (Span(start=0.0, end=20.0), Span(start=30.0, end=50.0))
    three = [encounter(start, start + 9, words__hello="pass") for start in (0, 31, 55)]
    assert [row[0] for row in found(compare("a", [HELLO_PASS, HELLO_PASS], three, spans))] == [1, 2, 2]


def test_other_numbers_without_times_are_unjudged() -> None:
    compared = compare("a", [HELLO_PASS, HELLO_FAIL], [encounter(0, 60, words__hello="pass")])
    assert {row[3] for row in found(compared)} == {"unjudged"}


def test_an_encounter_without_score_is_unjudged() -> None:
    (one,) = compare("a", [INNOCENT], [encounter(0, 9, "太短", forbidden__dont_know="fail")])
    assert [row.found for row in one.rows] == ["unjudged"]
    assert one.innocent == "unjudged"


def test_what_a_person_is_sent_to_hear_in_an_encounter_without_score_is_unclear() -> None:
    blamed = Expectation(verdicts={"forbidden.dont-know": "fail", "words.hello": "fail", "words.goodbye": "pass"})
    verdicts = {"forbidden__dont_know": "unclear", "words__hello": "unclear", "words__goodbye": "pass"}
    bare = encounter(0, 9, "太短", **verdicts)  # type: ignore[arg-type]
    why = because("speaker-unsure")
    place = Evidence(start=3, end=4, role="unknown", quote="不知道", reasons=(why,), match="exact")
    told = tuple(replace(f, evidence=(place,)) if f.rule != "words.hello" else f for f in bare.findings)
    assert [row[3] for row in found(compare("a", [blamed], [replace(bare, findings=told)]))] == [
        "unclear",
        "unjudged",  # no place is told
        "unjudged",  # nobody is credited
    ]
    (innocent,) = compare("a", [INNOCENT], [replace(bare, findings=told)])
    assert innocent.innocent == "unclear"


def test_where_nothing_forbidden_was_said_each_accusation_counts_once() -> None:
    verdicts = {"forbidden__dont_know": "fail", "forbidden__ask_others": "fail", "forbidden__hurry_up": "unclear"}
    (one,) = compare("a", [INNOCENT], [encounter(0, 9, **verdicts)])  # type: ignore[arg-type]
    assert found((one,)) == [
        (1, "forbidden.dont-know", "pass", "fail"),
        (1, "forbidden.ask-others", "none", "fail"),
    ]
    assert one.innocent == "fail"


def test_what_is_not_listed_does_not_count() -> None:
    (one,) = compare("a", [HELLO_PASS], [encounter(0, 9, words__hello="pass", forbidden__ask_others="fail")])
    assert found((one,)) == [(1, "words.hello", "pass", "pass")]
    assert one.innocent is None
