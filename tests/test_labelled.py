"""The labelled encounters: whole, in step with rules and sound, and tuning apart from test."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
import soundfile
import yaml

from speechaudit import formats
from speechaudit.model import Verdict
from speechaudit.rules import plays, rulebook

LABELLED = Path(__file__).parents[1] / "labelled"
PARTS = ("tuning", "test")
PLAYS = sorted(path for part in PARTS for path in (LABELLED / part).glob("*.play"))
RECORDINGS = sorted(path for part in PARTS for path in (LABELLED / part).glob("*.opus"))
LONGEST_SHARED = 12
TAIL_SECONDS = 1.5
ALL_BYTES = 12 * 2**20


@cache
def expected(part: str) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = yaml.safe_load((LABELLED / part / "expected.yml").read_text("utf-8"))
    return found


@cache
def play_of(path: Path) -> plays.Play:
    return plays.parse(formats.read_text(path), str(path))


def sentences(folder: Path) -> set[str]:
    """Everything said in the plays of a folder, sentence by sentence, without punctuation."""
    spoken = (s.text for path in folder.glob("*.play") for s in play_of(path).transcript.segments)
    return {re.sub(r"\W", "", sentence) for text in spoken for sentence in re.split(r"[。？！?!;；]", text)}


@pytest.mark.parametrize("part", PARTS)
def test_every_play_has_its_verdicts_and_every_verdict_its_play(part: str) -> None:
    assert set(expected(part)) == {path.stem for path in PLAYS if path.parent.name == part}


def test_there_are_enough_encounters() -> None:
    counts = {part: sum(map(len, expected(part).values())) for part in PARTS}
    assert counts["test"] >= 30
    assert sum(counts.values()) >= 80


@pytest.mark.parametrize("path", PLAYS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_play_can_be_judged_by_what_is_expected(path: Path) -> None:
    play = play_of(path)
    setting = formats.metadata_of_header(play.header, path).setting
    assert setting is not None
    rules = {rule.id for rule in rulebook.load().in_force(setting)}
    encounters = expected(path.parent.name)[path.stem]
    assert len(encounters) == 1 or setting == "counter"
    for verdicts in encounters:
        assert verdicts.get("forbidden", "none") == "none"
        assert set(verdicts) <= {*rules, "forbidden"}
        assert {verdict for rule, verdict in verdicts.items() if rule != "forbidden"} <= set(get_args(Verdict))


@pytest.mark.parametrize("path", PLAYS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_turns_follow_each_other(path: Path) -> None:
    times = [t for segment in play_of(path).transcript.segments for t in (segment.start, segment.end)]
    assert times
    assert times == sorted(times)


def test_tuning_and_test_share_no_sentence() -> None:
    shared = sentences(LABELLED / "tuning") & sentences(LABELLED / "test")
    assert {sentence for sentence in shared if len(sentence) > LONGEST_SHARED} == set()


def test_no_sentence_of_the_test_part_is_a_sample() -> None:
    shared = sentences(LABELLED.parent / "samples" / "plays") & sentences(LABELLED / "test")
    assert {sentence for sentence in shared if len(sentence) > LONGEST_SHARED} == set()


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_recording_is_that_of_its_play(path: Path) -> None:
    play = play_of(path.with_suffix(".play"))
    sound = soundfile.info(path)
    beside = formats.read_sidecar(formats.sidecar_of(path))
    assert 0.0 <= sound.duration - play.transcript.segments[-1].end <= TAIL_SECONDS
    assert beside == formats.metadata_of_header(play.header, path)
    assert (sound.channels == 2) == (beside.staff_channel is not None)


def test_every_recording_has_its_cast() -> None:
    cast = yaml.safe_load((LABELLED / "cast.yml").read_text("utf-8"))
    assert set(cast["recordings"]) == {f"{path.parent.name}/{path.stem}" for path in RECORDINGS}


def test_the_recordings_are_enough_and_small() -> None:
    settings = [formats.read_sidecar(formats.sidecar_of(p)).setting for p in RECORDINGS if p.parent.name == "test"]
    assert settings.count("phone") >= 17
    assert settings.count("counter") >= 7
    assert sum(path.stat().st_size for part in PARTS for path in (LABELLED / part).iterdir()) < ALL_BYTES
