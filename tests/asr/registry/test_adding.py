"""From `model add` to a verdict, with small Whispers: of the embedded weights, of random ones, and of hostile ones."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path

import pytest
import soundfile
import yaml
from click.testing import CliRunner, Result

from speechaudit import pipeline
from speechaudit.asr import whisper
from speechaudit.asr.registry import completing, converting, ct2file, records, shelf, sources
from speechaudit.asr.weights import embedded_model
from speechaudit.cli import main
from speechaudit.errors import ModelError
from speechaudit.evaluation import adoption, calibration
from speechaudit.evaluation.calibration import Piece
from speechaudit.rules import rulebook

ROOT = Path(__file__).parents[3]


def run(*words: object) -> Result:
    result = CliRunner().invoke(main, ["model", *map(str, words)])
    assert "Traceback" not in result.output
    return result


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("add", "no/such/folder/at/all"), "也不是模型库编号"),
        (("add", "/no/such/folder"), "没有这个文件夹"),
        (("add", ROOT), "里面没有模型"),
        (("add", ROOT, "--name", "base"), "现成模型"),
        (("use", "none"), "没有登记"),
        (("remove", "none"), "没有登记"),
        (("export", "none", "x.tar"), "没有登记"),
        (("import", "none.tar"), "无法读取"),
    ],
)
def test_what_cannot_be_done_is_one_line_in_chinese(models: Path, words: tuple[object, ...], problem: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert problem in result.output
    assert not models.exists() or list(models.iterdir()) == []


@pytest.mark.model
def test_a_copy_of_base_goes_from_adding_to_a_verdict(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("model.bin", "vocabulary.json"):
        (tmp_path / name).symlink_to(embedded_model() / name)
    (tmp_path / "README.md").write_text("---\nlicense: mit\n---\n")
    _only_a_little(monkeypatch)
    added = run("add", tmp_path, "--name", "copy")
    assert added.exit_code == 0, added.output
    assert "补上了:tokenizer.json、preprocessor_config.json、alignment_heads" in added.output
    record = records.read(models / "copy")
    assert (record.license, record.compute_type, record.check.times, record.check.language) == (
        "mit",
        "float16",
        "own",
        "zh",
    )
    assert record.check.cer < 0.3
    assert record.calibrated
    thresholds = yaml.safe_load((models / "copy" / "calibration.yml").read_text("utf-8"))
    assert thresholds["model"] == "copy"
    assert "您好" in thresholds["thresholds"]

    assert run("use", "copy").exit_code == 0
    assert "* copy" in run("list").output
    audit = pipeline.audit_recording(
        _beginning("phone-stereo-good-left", tmp_path),
        rulebook.load(),
        whisper.load(device="cpu"),
        pipeline.Overrides(),
    )
    assert audit.made_by.model == "copy"
    assert audit.made_by.settings["calibration_sha256"] == record.files[-1].sha256
    assert "not-calibrated" not in {limit.code for limit in audit.limits}
    verdicts = {finding.rule: finding.verdict for finding in audit.encounters[0].findings}
    assert verdicts["words.hello"] == "pass"

    assert run("export", "copy", tmp_path / "copy.tar").exit_code == 0
    assert run("use", "auto").exit_code == run("remove", "copy").exit_code == 0
    assert run("import", tmp_path / "copy.tar").exit_code == 0
    assert shelf.listed() == (("copy", record),)


def _beginning(name: str, folder: Path) -> Path:
    """The first 15 seconds of a sample, with what is known of it."""
    samples, rate = soundfile.read(ROOT / "samples" / f"{name}.wav", frames=15 * 8000)
    soundfile.write(folder / f"{name}.wav", samples, rate)
    shutil.copy(ROOT / "samples" / f"{name}.json", folder)
    return folder / f"{name}.wav"


def _only_a_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check with two turns of a recording, and calibrate with a few pieces: the rest has tests of its own."""
    every = calibration.pieces

    def few(folder: Path) -> tuple[Piece, ...]:
        return every(folder)[6:12]  # three that greet, three that part

    monkeypatch.setattr(adoption, "RECORDINGS", adoption.RECORDINGS[:1])
    monkeypatch.setattr(adoption, "TURNS", 2)
    monkeypatch.setattr(calibration, "pieces", few)
    monkeypatch.setattr(calibration, "FEWEST_WITH", 2)
    monkeypatch.setattr(calibration, "FEWEST_WITHOUT", 2)


@pytest.fixture(scope="module")
def random_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small Whisper with the features and tokens of large-v3, random weights, and nothing beside them."""
    import torch
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    folder = tmp_path_factory.mktemp("random")
    torch.manual_seed(0)
    layers = {"encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 2, "decoder_attention_heads": 2}
    widths = {"d_model": 32, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64}
    config = WhisperConfig(vocab_size=51866, num_mel_bins=128, **layers, **widths)
    WhisperForConditionalGeneration(config).save_pretrained(folder)
    return folder


@pytest.mark.model
def test_random_weights_are_converted_completed_and_then_refused(
    models: Path, random_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "made"
    target.mkdir()
    made = converting.convert(sources.recognised(random_weights), target, "int8")
    assert made == ("tokenizer.json", "preprocessor_config.json")  # its heads are the upper half, and stay
    shape = ct2file.shape_of(target / "model.bin")
    assert shape == ct2file.Shape(mels=128, layers=2, heads=2, tokens=51866, dtype="int8")
    assert json.loads((target / "preprocessor_config.json").read_text())["feature_size"] == 128
    assert completing.vocabulary(target)[50358] == "<|yue|>"
    _only_a_little(monkeypatch)  # what never ends is written to its bound, at each temperature
    refused = run("add", target, "--name", "random")
    assert refused.exit_code == 2
    assert "听不懂中文" in refused.output
    assert list(models.iterdir()) == []


class _Harm:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, ("import pathlib; pathlib.Path('harmed').touch()",)


@pytest.mark.model
def test_pickled_weights_with_a_program_are_refused_and_run_nothing(
    models: Path, random_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.json").write_bytes((random_weights / "config.json").read_bytes())
    (tmp_path / "pytorch_model.bin").write_bytes(pickle.dumps({"model.encoder.conv1.weight": _Harm()}))
    refused = run("add", tmp_path, "--name", "harm")
    assert refused.exit_code == 2
    assert "safetensors" in refused.output
    assert not (tmp_path / "harmed").exists()
    assert list(models.iterdir()) == []


def test_without_the_converter_the_cure_is_told(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "whisper", "vocab_size": 51865}')
    (tmp_path / "model.safetensors").write_bytes(b"x")
    monkeypatch.setattr(converting, "find_spec", lambda _: None)
    with pytest.raises(ModelError, match=r"speechaudit\[convert\]"):
        converting.convert(sources.recognised(tmp_path), tmp_path / "made", "int8")
