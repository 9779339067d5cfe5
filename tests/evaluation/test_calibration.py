"""Thresholds of the second listen: which pieces count on which side, the rule, and a file made from real sound."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from speechaudit.cli import main
from speechaudit.errors import InputError
from speechaudit.evaluation import calibration
from speechaudit.evaluation.calibration import (
    FEWEST_WITH,
    FEWEST_WITHOUT,
    Phrase,
    ScoredPiece,
    charge_limit,
    pieces,
    save,
    threshold,
    you_scores,
)
from speechaudit.rules import rulebook
from speechaudit.rules.schema import Calibration, Threshold

SAMPLES = Path(__file__).parents[2] / "samples"
PHRASES = Path(__file__).parents[2] / "labelled" / "phrases"
HELLO = Phrase(name="您好", spellings=("您好", "你好", "喂你好"), place="opening")
BYE = Phrase(name="再见", spellings=("再见", "好的再见"), place="closing")


@pytest.mark.parametrize(
    ("phrase", "text", "said"),
    [
        (HELLO, "您好,请坐。", True),
        (HELLO, "喂你好。", True),
        (HELLO, "你好了没有?", None),
        (HELLO, "请坐,您好。", None),
        (HELLO, "请坐。", False),
        (BYE, "不客气,再见。", True),
        (BYE, "好的再见", True),
        (BYE, "再见,等等。", None),
        (BYE, "拜拜", False),
    ],
)
def test_only_a_phrase_in_its_place_counts_as_said(phrase: Phrase, text: str, said: bool | None) -> None:
    assert phrase.said(text) is said


def test_pass_lies_above_everything_without_the_phrase_and_doubt_above_nearly_all() -> None:
    unsaid = [i / 200 for i in range(120)]
    limit = threshold([0.9] * FEWEST_WITH, unsaid)
    assert limit is not None
    assert unsaid[-1] < limit.sure < 0.75
    assert sum(score >= limit.doubt for score in unsaid) / len(unsaid) <= 0.06
    assert (limit.pieces_with, limit.pieces_without) == (FEWEST_WITH, 120)
    low = threshold([0.9] * FEWEST_WITH, [0.01] * FEWEST_WITHOUT)
    assert low is not None
    assert low.doubt == 0.5 < low.sure


def test_nine_of_ten_that_were_said_lie_above_the_limit_of_absence() -> None:
    said = [i / 100 for i in range(100)]
    limit = threshold(said, [i / 200 for i in range(120)])
    assert limit is not None and limit.absent is not None
    assert sum(score < limit.absent for score in said) / len(said) <= 0.1
    clear = threshold([0.99] * 20, [0.1] * FEWEST_WITHOUT)
    assert clear is not None and clear.absent == clear.doubt


def test_too_few_pieces_give_no_threshold() -> None:
    assert threshold([0.9] * (FEWEST_WITH - 1), [0.1] * 500) is None
    assert threshold([0.9] * 50, [0.1] * (FEWEST_WITHOUT - 1)) is None


def test_the_turns_of_a_play_lie_in_their_channels(tmp_path: Path) -> None:
    for name in ("phone-stereo-bad-right.wav", "phone-stereo-bad-right.json", "plays/phone-stereo-bad-right.play"):
        shutil.copy(SAMPLES / name, tmp_path)
    found = pieces(tmp_path)
    assert {piece.channel for piece in found} == {0, 1}
    assert found[0].path.name == "phone-stereo-bad-right.wav"
    assert all(piece.start < piece.end < 60 for piece in found)


def test_a_folder_without_texts_and_a_play_without_times_are_refused(tmp_path: Path) -> None:
    shutil.copy(SAMPLES / "counter-good.flac", tmp_path)
    with pytest.raises(InputError, match="知道说了什么"):
        pieces(tmp_path)
    (tmp_path / "counter-good.play").write_text("staff: 您好。\n", encoding="utf-8")
    with pytest.raises(InputError, match="时间"):
        pieces(tmp_path)


def test_what_is_written_is_what_a_rulebook_reads(tmp_path: Path) -> None:
    folder = shutil.copytree(rulebook.default_folder(), tmp_path / "lexicons")
    limit = Threshold.model_validate({"pass": 0.9, "doubt": 0.6, "with": 5, "without": 60})
    made = Calibration(model="m", model_sha256="0" * 64, data="d", command="c", thresholds={"您好": limit})
    save(made, folder / "calibration" / "m.yml")
    assert rulebook.load(folder).thresholds("m") == {"您好": limit}


def test_what_was_said_must_fit_and_most_of_the_rest_must_not() -> None:
    scored = [
        ScoredPiece(name=str(n), group="", text="", scores={}, right=0.8 + n / 1000, wrong=n / 100) for n in range(100)
    ]
    limit = charge_limit(scored)
    assert limit is not None
    assert limit.doubt == 0.805
    assert (limit.pieces, limit.refuted) == (100, 0.81)
    assert charge_limit(scored[: FEWEST_WITHOUT - 1]) is None


def test_the_choice_of_ni_or_nin_is_taken_from_the_first_of_a_piece() -> None:
    heard = [("你好,您请坐。", 0.9), ("您好,你请坐。", 0.2), ("请坐。", None)]
    scored = [
        ScoredPiece(name="", group="", text=text, scores={} if score is None else {"你/您": score})
        for text, score in heard
    ]
    assert you_scores(scored) == ([0.9], [0.2])


def test_every_threshold_in_use_was_made_by_the_command() -> None:
    for path in (rulebook.default_folder() / "calibration").glob("*.yml"):
        made = Calibration.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        assert made.command.startswith("speechaudit calibrate ")
        assert len(made.model_sha256) == 64
        assert all((t.pieces_without or 0) >= FEWEST_WITHOUT for t in made.thresholds.values())


@pytest.mark.model
def test_few_clips_are_told_and_give_no_file(tmp_path: Path) -> None:
    clips = [{"path": str(PHRASES / "woman-1-phone.opus"), "text": "您好。"}]
    (tmp_path / "manifest.json").write_text(json.dumps(clips, ensure_ascii=False), encoding="utf-8")
    result = CliRunner().invoke(main, ["calibrate", str(tmp_path), "--model", "base", "--out", str(tmp_path / "x.yml")])
    assert result.exit_code == 2
    assert "样本太少" in result.output
    assert not (tmp_path / "x.yml").exists()


@pytest.mark.model
def test_real_sound_gives_scores_on_both_sides() -> None:
    from speechaudit.asr import whisper

    book = rulebook.load()
    wanted = [phrase for phrase in calibration.phrases(book) if phrase.name == "您好"]
    found = [piece for piece in pieces(PHRASES) if piece.path.stem == "woman-1-phone"][:12]
    heard = calibration.score_pieces(found, wanted, whisper.load("base", "cpu"), lambda _: None)
    said, unsaid = calibration.scores_with_and_without(wanted[0], tuple(heard))
    assert len(said) == 9
    assert len(unsaid) == 3
    assert min(said) > max(unsaid)
