"""Guards of the engine: words that are quoted, negated, about oneself or about the line are charged to nobody."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from speechaudit.model import Encounter, Finding
from speechaudit.reasons import in_chinese
from speechaudit.rules import examples, plays, rulebook, schema
from speechaudit.rules.guards import CompiledGuard
from speechaudit.rules.judge import judge, scene_of
from speechaudit.rules.kinds import compile_rule

BOOK = rulebook.load()
LINES = yaml.safe_load((Path(__file__).parent / "guarded.yml").read_text(encoding="utf-8"))
FAIR = [line for part in LINES.values() for line in part["fair"]]
DOUBTFUL = [line for part in LINES.values() for line in part.get("doubtful", ())]
CHARGED = [line for part in LINES.values() for line in part["charged"]]
UNGUARDED = {rule.id: compile_rule(rule, BOOK.lists) for rule in BOOK.rules if isinstance(rule, schema.Forbidden)}


def accusations(text: str) -> dict[str, str]:
    findings = judge(BOOK, "counter", examples.utterance(text))
    return {f.rule: f.verdict for f in findings if f.kind == "forbidden" and f.verdict in ("fail", "unclear")}


def unguarded(text: str) -> set[str]:
    scene = scene_of(BOOK, examples.utterance(text))
    return {rule for rule, judged in UNGUARDED.items() if judged(scene).verdict in ("fail", "unclear")}


@pytest.mark.parametrize("text", FAIR)
def test_what_is_not_ones_own_is_not_charged(text: str) -> None:
    assert accusations(text) == {}


@pytest.mark.parametrize("text", DOUBTFUL)
def test_what_a_quotation_may_run_on_to_goes_to_a_person(text: str) -> None:
    assert set(accusations(text).values()) == {"unclear"}


@pytest.mark.parametrize("text", CHARGED)
def test_no_guard_hides_what_is_said_in_earnest(text: str) -> None:
    assert set(accusations(text)) == unguarded(text) != set()


def test_most_of_these_words_would_be_charged_without_guards() -> None:
    assert sum(bool(unguarded(text)) for text in FAIR) >= 25


def quoting() -> Finding:
    play = plays.parse("staff: 您反映他骂您神经病,我先记下来。")
    encounter = Encounter(start=0.0, end=play.transcript.duration, transcript=play.transcript)
    return next(f for f in judge(BOOK, "counter", encounter) if f.rule == "forbidden.profanity")


def test_the_guard_is_told_in_the_reasons() -> None:
    finding = quoting()
    (evidence,) = finding.evidence
    assert (finding.verdict, evidence.quote) == ("pass", "您神经病")
    assert in_chinese(evidence.reasons) == "说了“您神经病”,但这是在转述或复述别人的话,不算"
    assert evidence.reasons[-1].values["guard"] == "quoted"


def test_a_guard_that_only_doubts_sends_the_words_to_a_person() -> None:
    doubting = [guard.guard.model_copy(update={"verdict": "unclear"}) for guard in BOOK.guards]
    guards = [CompiledGuard(guard, BOOK.lists) for guard in doubting]
    rule = next(rule for rule in BOOK.rules if rule.id == "forbidden.profanity")
    scene = scene_of(BOOK, examples.utterance("您反映他骂您神经病,我先记下来。"))
    found = compile_rule(rule, BOOK.lists, guards)(scene)
    assert found.verdict == "unclear"
    assert found.evidence[0].why == "可能说了“您神经病”:也许是在转述或复述别人的话,请人判断"


def test_one_real_charge_beside_a_quotation_stays() -> None:
    assert accusations("他说你有病,我看你也是有病吧。") == {"forbidden.profanity": "fail"}


def test_every_guard_shows_both_sides_for_some_rule() -> None:
    for guard in BOOK.guards:
        assert guard.guard.examples.charged, guard.guard.id
