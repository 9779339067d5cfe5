"""From the voices to the verdict: words that are not surely the staff's are put before a person, never charged."""

from dataclasses import replace
from functools import cache

import pytest

from speechaudit.model import MadeBy, Recording
from speechaudit.pipeline import judge_transcript
from speechaudit.rules import rulebook
from speechaudit.speakers import Resemblance, assign_roles

from .test_roles import GOOD, dialogue

COUNTER = Recording(file="a.wav", staff="1017")
MADE_BY = MadeBy(program="", transcriber="", model="", model_sha256="", device="", compute_type="")
FORBIDDEN = "这不归我管,你去问别人。"
LINES = (*GOOD, ("S2", "那我该找谁?"), ("S1", FORBIDDEN), ("S2", "好吧。"))
SAID = dialogue(*LINES, seconds=2.5)
book = cache(rulebook.load)


def verdicts(transcript):
    """Verdict of the forbidden rules that have evidence, and all verdicts."""
    findings = judge_transcript(book(), COUNTER, transcript, MADE_BY).encounters[0].findings
    heard = {finding.verdict for finding in findings if finding.rule.startswith("forbidden.") and finding.evidence}
    return heard, {finding.verdict for finding in findings}


def test_surely_the_staffs_words_are_charged():
    heard, _ = verdicts(assign_roles(SAID, COUNTER, 1))
    assert heard == {"fail"}


@pytest.mark.parametrize(
    "transcript",
    [
        replace(SAID, segments=tuple(replace(s, speaker="S1") for s in SAID.segments)),
        replace(SAID, segments=tuple(replace(s, speaker=None) for s in SAID.segments)),
        replace(SAID, segments=tuple(replace(s, overlapped=0.9) for s in SAID.segments)),
        dialogue(("S1", "今天冷。"), ("S2", "是冷。"), ("S1", FORBIDDEN), ("S2", FORBIDDEN), seconds=2.5),
    ],
    ids=["one voice", "voices in doubt", "two at once", "both alike"],
)
def test_without_a_sure_role_nothing_fails(transcript):
    assert "fail" not in verdicts(assign_roles(transcript, COUNTER, 1))[1]


def test_without_the_voice_of_the_profile_nothing_fails():
    somebody = Resemblance(staff="1017", odds={"S1": -4.6, "S2": -4.6})
    assert "fail" not in verdicts(assign_roles(SAID, COUNTER, 1, somebody))[1]


def test_overlapped_words_alone_are_not_charged():
    both = [replace(s, overlapped=0.8) if s.text == FORBIDDEN else replace(s, overlapped=0.0) for s in SAID.segments]
    heard, _ = verdicts(assign_roles(replace(SAID, segments=tuple(both)), COUNTER, 1))
    assert heard == {"unclear"}
