"""The sample recordings through the embedded Whisper: verdicts as a careful listener gives them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from speechaudit.asr import whisper
from speechaudit.model import Audit, Encounter
from speechaudit.pipeline import AUDIO, Known, audit_recording, audit_transcript, files_in
from speechaudit.rules import rulebook

SAMPLES = Path(__file__).parents[1] / "samples"
RECORDINGS = {path.stem: path for path in files_in(SAMPLES, AUDIO)}
EXPECTED: dict[str, list[dict[str, str]]] = yaml.safe_load((SAMPLES / "expected.yml").read_text(encoding="utf-8"))


@cache
def heard(name: str) -> Audit:
    return audit_recording(RECORDINGS[name], rulebook.load(), transcriber(), Known())


@cache
def transcriber() -> whisper.WhisperTranscriber:
    return whisper.load(device="cpu")


def differences(encounter: Encounter, expected: dict[str, str]) -> dict[str, Any]:
    """Expected verdicts that were not found; `forbidden: none` stands for every forbidden rule not failing."""
    found = {finding.rule: finding.verdict for finding in encounter.findings}
    wrong: dict[str, Any] = {
        rule: (verdict, found.get(rule))
        for rule, verdict in expected.items()
        if rule != "forbidden" and found.get(rule) != verdict
    }
    if "forbidden" in expected:
        wrong |= {rule: ("none", v) for rule, v in found.items() if rule.startswith("forbidden.") and v == "fail"}
    return wrong


def test_every_recording_has_its_expectation_and_its_play() -> None:
    plays = {path.stem for path in (SAMPLES / "plays").glob("*.play")}
    assert set(RECORDINGS) == set(EXPECTED) == plays
    assert len(RECORDINGS) >= 8


@pytest.mark.parametrize("name", EXPECTED)
def test_the_play_is_judged_as_expected(name: str) -> None:
    audit = audit_transcript(SAMPLES / "plays" / f"{name}.play", rulebook.load(), Known())
    assert len(audit.encounters) == len(EXPECTED[name])
    assert [differences(e, want) for e, want in zip(audit.encounters, EXPECTED[name], strict=True)] == [
        {} for _ in EXPECTED[name]
    ]


@pytest.mark.model
@pytest.mark.parametrize("name", EXPECTED)
def test_nobody_is_accused_wrongly_of_what_was_heard(name: str) -> None:
    audit = heard(name)
    assert len(audit.encounters) == len(EXPECTED[name])
    for encounter, expected in zip(audit.encounters, EXPECTED[name], strict=True):
        wrong = differences(encounter, expected)
        assert {rule: pair for rule, pair in wrong.items() if pair[1] == "fail"} == {}


@pytest.mark.model
def test_nearly_all_verdicts_of_a_careful_listener_are_found() -> None:
    pairs = [pair for name in EXPECTED for pair in zip(heard(name).encounters, EXPECTED[name], strict=True)]
    asked = sum(len(expected) for _, expected in pairs)
    missed = sum(len(differences(encounter, expected)) for encounter, expected in pairs)
    assert missed / asked < 0.1
