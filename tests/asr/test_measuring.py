"""What the benches of processors and cards add up, and that the card's script ends in time on a machine without one."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench import gpu, isa, original, shape
from speechaudit.asr import models
from speechaudit.asr.models import LoadedModel
from speechaudit.asr.registry import ct2file, sources
from speechaudit.rules import rulebook

ROOT = Path(__file__).parents[2]


def heard(words: str, **verdicts: str) -> isa.Heard:
    return isa.Heard(words=(words,), verdicts=verdicts, seconds=1.0)


def test_words_and_verdicts_that_differ_are_counted() -> None:
    first = heard("您好,请讲", a="pass", b="fail", c="unclear", d="pass")
    other = heard("你好请讲", a="pass", b="pass", c="fail")
    found = isa.difference(first, other)
    changed = ("b", "fail", "pass"), ("c", "unclear", "fail"), ("d", "pass", "none")
    assert found == isa.Difference(characters=4, edits=1, verdicts=4, other=3, flipped=1, changed=changed)
    assert isa.difference(first, first).edits == isa.difference(first, first).other == 0
    choice = isa.Choice(instructions="AVX2", threads=2, type="int8")
    told = "| AVX2 | 2 | int8 | 1 of 4 | 3 of 4, 1 between pass and fail | 0.00 at most, of 0 | 1 |"
    assert isa.row(choice, other, found) == told
    assert choice.environment == {"CT2_FORCE_CPU_ISA": "AVX2", "OMP_NUM_THREADS": "2"}


def test_verdicts_that_differ_are_told_below_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    by = {"AVX2": heard("好", a="pass", b="fail"), "GENERIC": heard("好", a="pass", b="unclear")}
    monkeypatch.setattr(isa, "heard_by", lambda choice, _: by[choice.instructions])
    chosen = isa.choices(["AVX2", "GENERIC"], [1], ["int8"])
    assert list(isa.rows([], chosen))[-1] == "| GENERIC | 1 | int8 | b | fail | unclear |"
    assert len(list(isa.rows([], chosen[:1]))) == 3


def test_scores_of_the_second_listen_are_compared_where_both_listened() -> None:
    first, other = (replace(heard("好"), scores=own) for own in ({"a": 0.5, "b": 0.9}, {"a": 0.75, "c": 0.1}))
    found = isa.difference(first, other)
    assert (found.scores, round(found.moved, 3)) == (1, 1.099)
    assert isa.difference(replace(first, scores={"a": 0.0}), replace(first, scores={"a": 1.0})).moved < 20


def test_choices_differ_from_the_first_in_one_thing() -> None:
    found = isa.choices(["AVX512", "GENERIC"], [1, 2], ["int8", "float32"])
    assert [(each.instructions, each.threads, each.type) for each in found] == [
        ("AVX512", 1, "int8"),
        ("GENERIC", 1, "int8"),
        ("AVX512", 2, "int8"),
        ("AVX512", 1, "float32"),
    ]


def test_rounding_cannot_turn_what_was_said_into_what_was_not() -> None:
    """A score must move by two log odds and more to turn a finding round: between lies `unclear`."""
    book = rulebook.load()
    limits = book.thresholds("whisper-base")
    assert limits
    bands = {name: isa.odds(own.sure) - isa.odds(own.absent or own.doubt) for name, own in limits.items()}
    assert min(bands.values()) >= isa.BAND, bands


def test_what_the_card_tells_is_read() -> None:
    assert list(gpu.read_shares(["95\n", " 100 \n", "[N/A]\n", "\n"])) == [0.95, 1.0]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small Whisper with random weights."""
    return shape.write(tmp_path_factory.mktemp("shapes") / "tiny", shape.TINY)


def test_a_whisper_of_any_shape_is_complete(tiny: Path) -> None:
    folder = tiny
    assert sources.recognised(folder).kind == "ctranslate2"
    assert ct2file.shape_of(folder / "model.bin") == ct2file.Shape(
        mels=128, layers=2, heads=2, tokens=51866, dtype="float16"
    )
    assert json.loads((folder / "preprocessor_config.json").read_text())["feature_size"] == 128


def test_the_weights_of_a_whisper_get_the_names_of_the_first_one(tiny: Path) -> None:
    path = tiny / "model.bin"
    found = original.arrays(path)
    named = dict(original.renamed(found))
    assert len(named) == 15 * shape.TINY.encoder + 24 * shape.TINY.decoder + 11
    query, key, value = (named[f"decoder.blocks.1.attn.{name}.weight"] for name in ("query", "key", "value"))
    joined = found["decoder/layer_1/self_attention/linear_0/weight"]
    assert np.array_equal(np.concatenate([query, key, value]), joined)
    assert query.shape == (shape.TINY.width, shape.TINY.width)
    assert not [name for name in named if name.endswith("key.bias")]


@pytest.mark.slow
def test_the_script_for_the_card_ends_in_time_without_one(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With random weights in place of base, too: what is tried is the script."""
    monkeypatch.setattr(gpu, "embedded_model", lambda: tiny)
    monkeypatch.setattr(models, "cuda_devices", lambda: 0)
    monkeypatch.setattr(shape, "write", lambda *_: tiny)
    monkeypatch.setattr(gpu, "ours", _ours)
    monkeypatch.setattr("sys.argv", ["gpu", "--seconds", "2", str(ROOT / "samples" / "phone-mono-good.wav")])
    gpu.main()
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["step"] for each in told] == ["machine", "correctness", *["speed"] * 6, "end"]
    assert told[0]["device"] == "cpu"
    assert [each["busy"] for each in told[2:8]] == [None] * 6


def _ours(model: LoadedModel, do: object, paths: object) -> object:
    def hear(until: float) -> float:
        assert until >= time.monotonic() - 60
        return 1.0

    return hear
