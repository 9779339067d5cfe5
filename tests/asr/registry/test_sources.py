"""What a folder holds: every kind that cannot be used is refused in plain words, before anything is converted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from speechaudit.asr.registry import ct2file, sources
from speechaudit.asr.weights import embedded_model
from speechaudit.errors import ModelError

WHISPER = {"model_type": "whisper", "vocab_size": 51865}
INDEX = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
LLAMA_IN_CT2 = b"\6\0\0\0\x0b\0LlamaSpec1\0" + b"\0" * 50
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n"


def folder(where: Path, **files: object) -> Path:
    """Write files; `_` stands for the dot."""
    for name, content in files.items():
        text = content if isinstance(content, bytes) else json.dumps(content).encode()
        (where / name.replace("__", "-").replace("_dot_", ".")).write_bytes(text)
    return where


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({}, "里面没有模型"),
        ({"config_dot_json": WHISPER}, "没有权重"),
        ({"config_dot_json": {"model_type": "wav2vec2"}, "model_dot_safetensors": b"x"}, r"不是 Whisper.*wav2vec2"),
        ({"config_dot_json": [1], "model_dot_safetensors": b"x"}, "不是 Whisper"),
        ({"config_dot_json": b"{", "model_dot_safetensors": b"x"}, "不是正确的 JSON"),
        ({"config_dot_json": b"\xff\xfe", "model_dot_safetensors": b"x"}, "不是正确的 JSON"),
        ({"config_dot_json": {**WHISPER, "vocab_size": 51864}, "model_dot_safetensors": b"x"}, "只会英语"),
        ({"model_dot_safetensors": b"x"}, r"缺少 config\.json"),
        ({"config_dot_json": WHISPER, "model_dot_safetensors": POINTER}, "Git LFS"),
        ({"config_dot_json": WHISPER, "x_dot_incomplete": b""}, "没有下载完"),
        ({"config_dot_json": WHISPER, "large_dot_pt": b""}, r"\.pt 格式"),
        (
            {
                "config_dot_json": WHISPER,
                "model__00001__of__00002_dot_safetensors": b"x",
                "model_dot_safetensors_dot_index_dot_json": INDEX,
            },
            r"没有下载完,缺少 model-00002-of-00002\.safetensors",
        ),
        ({"model_dot_bin": LLAMA_IN_CT2}, "不是 CTranslate2 格式的 Whisper"),
        ({"model_dot_bin": b""}, "不完整"),
        ({"model_dot_bin": b"\6\0\0\0\xff\xff" + b"\xff" * 50}, "不完整"),
    ],
)
def test_what_cannot_be_used_is_told(tmp_path: Path, files: dict[str, object], problem: str) -> None:
    with pytest.raises(ModelError, match=problem):
        sources.recognised(folder(tmp_path, **files))


def test_no_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="没有这个文件夹"):
        sources.recognised(tmp_path / "none")


@pytest.mark.parametrize("cut", [20, 3000, 10_000_000])
def test_weights_that_are_cut_off_are_told_before_they_are_loaded(tmp_path: Path, cut: int) -> None:
    with (embedded_model() / "model.bin").open("rb") as file:
        (tmp_path / "model.bin").write_bytes(file.read(cut))
    with pytest.raises(ModelError, match="不完整"):
        sources.recognised(tmp_path)


def test_the_embedded_model_is_told_by_its_tensors() -> None:
    found = sources.recognised(embedded_model())
    assert (found.kind, found.pickled) == ("ctranslate2", False)
    shape = ct2file.shape_of(embedded_model() / "model.bin")
    assert shape == ct2file.Shape(mels=80, layers=6, heads=8, tokens=51865, dtype="float16")


def test_safetensors_go_before_pickled_weights(tmp_path: Path) -> None:
    folder(tmp_path, config_dot_json=WHISPER, pytorch_model_dot_bin=b"x")
    assert sources.recognised(tmp_path).pickled
    folder(tmp_path, model_dot_safetensors=b"x")
    assert not sources.recognised(tmp_path).pickled
