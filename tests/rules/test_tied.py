"""Words that were nearly as likely as those written: what hangs on them is in doubt, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechaudit import formats
from speechaudit.model import Alternative, Audit, Finding, Recording, Transcript, Word, with_words
from speechaudit.pipeline import judge_transcript
from speechaudit.rules import plays, rulebook
from speechaudit.rules.judge import listen_requests
from speechaudit.rules.tied import reworded, together

BOOK = rulebook.load()
CALL = Recording(file="a.wav", setting="phone", staff="工号1017")
RUDE = "staff @1-3: 您好,社保窗口,请讲。\ncitizen @4-6: 我想问一下材料。\nstaff @7-10: 你问我我问谁。再见。"
FAIR = "staff @1-3: 您好,社保窗口,请讲。\ncitizen @4-6: 我想问一下材料。\nstaff @7-10: 你问我我问随。再见。"


def heard(play: str) -> Transcript:
    """A play as a recogniser writes it, a word for each character."""
    said = plays.parse(play).transcript
    segments = []
    for segment in said.segments:
        step = segment.duration / len(segment.text)
        words = [
            Word(start=segment.start + n * step, end=segment.start + (n + 1) * step, text=char, confidence=0.9)
            for n, char in enumerate(segment.text)
        ]
        segments.append(with_words(segment, words))
    return replace(said, segments=tuple(segments))


def instead(transcript: Transcript, words: str, text: str) -> Alternative:
    """The alternative `text` to these words, which stand in one segment."""
    segment = next(each for each in transcript.segments if words in each.text)
    first = segment.text.index(words)
    own = segment.words[first : first + len(words)]
    return Alternative(
        start=own[0].start, end=own[-1].end, text=text, confidence=own[0].confidence, channel=segment.channel
    )


def tied(play: str, *pairs: tuple[str, str]) -> Transcript:
    """The play with alternatives: words that stand in it, and what was nearly as likely."""
    said = heard(play)
    return replace(said, alternatives=tuple(instead(said, *pair) for pair in pairs))


def findings(transcript: Transcript) -> dict[str, Finding]:
    (service,) = judge_transcript(BOOK, CALL, transcript).encounters
    return {finding.rule: finding for finding in service.findings}


def verdicts(transcript: Transcript) -> dict[str, str]:
    return {rule: finding.verdict for rule, finding in findings(transcript).items()}


def changed(play: str, *pairs: tuple[str, str]) -> dict[str, tuple[str, str]]:
    """The verdicts that the alternatives change: before and after."""
    before, after = verdicts(heard(play)), verdicts(tied(play, *pairs))
    return {rule: (verdict, after[rule]) for rule, verdict in before.items() if verdict != after[rule]}


def charged(play: str) -> set[str]:
    return {rule for rule, verdict in verdicts(heard(play)).items() if verdict == "fail"}


def test_a_charge_that_an_alternative_lacks_is_in_doubt_and_says_why() -> None:
    lost = charged(RUDE) - charged(FAIR)
    assert lost
    assert changed(RUDE, ("谁", "随")) == dict.fromkeys(lost, ("fail", "unclear"))
    (rule, *_) = sorted(lost)
    (evidence,) = findings(tied(RUDE, ("谁", "随")))[rule].evidence
    assert evidence.why.endswith(",但那里听成“谁”和“随”几乎一样可能,后一种结论不同,请人听")


def test_what_only_an_alternative_charges_is_in_doubt_too() -> None:
    assert changed(FAIR, ("随", "谁")) == dict.fromkeys(charged(RUDE) - charged(FAIR), ("pass", "unclear"))


def test_no_points_are_taken_for_it() -> None:
    (service,) = judge_transcript(BOOK, CALL, tied(RUDE, ("谁", "随"))).encounters
    (other,) = judge_transcript(BOOK, CALL, heard(FAIR)).encounters
    assert service.score is not None
    assert other.score is not None
    assert service.score.total == other.score.total


@pytest.mark.parametrize("pair", [("材料", "裁料"), ("社保", "射保"), ("问谁", "问谁"), ("我想", "")])
def test_an_alternative_that_changes_no_charge_changes_nothing(pair: tuple[str, str]) -> None:
    assert changed(RUDE, pair) == {}


def test_one_among_many_alternatives_is_found() -> None:
    """Those that lie apart are judged together first; the reason names the one that decides."""
    many = [("想问", "向问"), ("材料", "裁料"), ("社保", "射保"), ("谁", "随"), ("窗口", "床口")]
    assert changed(RUDE, *many) == changed(RUDE, ("谁", "随"))
    reasons = {
        reason.values["other"]
        for finding in findings(tied(RUDE, *many)).values()
        for evidence in finding.evidence
        for reason in evidence.reasons
        if reason.code == "words-tied"
    }
    assert reasons == {"随"}


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9), st.integers(0, 1)), max_size=40))
def test_a_group_holds_what_lies_apart_and_groups_are_few(places: list[tuple[int, int, int]]) -> None:
    every = [
        Alternative(start=start, end=start + length, text="甲", confidence=0.9, channel=channel)
        for start, length, channel in places
    ]
    groups = together(every)
    assert len(groups) <= 8
    for group in groups:
        pairs = [(a, b) for a, b in combinations(group, 2) if a.channel == b.channel]
        assert all(a.end <= b.start for a, b in pairs)
    deepest = max((sum(o.start <= at < o.end for o in every) for at in range(40)), default=0)
    if deepest <= 8:
        assert sum(map(len, groups)) == len(every)


def test_only_alternatives_that_lie_apart_are_judged_together() -> None:
    said = heard(RUDE)
    one, two, three = (instead(said, *pair) for pair in (("问谁", "问随"), ("谁", "随"), ("窗口", "床口")))
    assert together([one, two, three]) == [[three, one], [two]]
    other_side = replace(two, channel=1)
    assert together([one, other_side]) == [[one, other_side]]


def test_an_alternative_stands_in_the_place_of_its_words() -> None:
    said = heard(RUDE)
    longer = reworded(said, [instead(said, "窗口", "大窗口")])
    assert longer.segments[0].text == "您好,社保大窗口,请讲。"
    assert (longer.segments[0].start, longer.segments[0].end) == (1.0, 3.0)
    gone = reworded(said, [instead(said, "我想问一下材料。", "")])
    assert len(gone.segments) == len(said.segments) - 1


def test_what_lies_in_another_channel_or_was_said_by_a_machine_stays() -> None:
    said = heard(RUDE)
    other = instead(said, "谁", "随")
    assert reworded(said, [replace(other, channel=1)]).segments == said.segments
    told = replace(said, segments=tuple(replace(each, role="machine") for each in said.segments))
    assert reworded(told, [other]).segments == told.segments


def test_the_second_listen_is_asked_for_what_an_alternative_lacks() -> None:
    """Where the farewell is only nearly what was said, another machine would have listened for it."""
    (before,) = judge_transcript(BOOK, CALL, heard(RUDE)).encounters
    (after,) = judge_transcript(BOOK, CALL, tied(RUDE, ("再见", "在线"))).encounters
    asked = [
        {r.phrase for r in listen_requests(BOOK, "phone", each, each, "whisper-base") if r.place == "closing"}
        for each in (before, after)
    ]
    assert "再见" in asked[1] - asked[0]


def test_a_saved_audit_is_judged_again_with_its_alternatives(tmp_path: Path) -> None:
    audit: Audit = judge_transcript(BOOK, CALL, tied(RUDE, ("谁", "随")))
    path = tmp_path / "a.audit.json"
    formats.save(audit, path)
    saved = formats.transcript_of(formats.read_transcript(path))
    assert saved.alternatives == audit.encounters[0].transcript.alternatives != ()
    again = judge_transcript(BOOK, CALL, saved)
    assert again.encounters[0].findings == audit.encounters[0].findings
