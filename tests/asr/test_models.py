"""Which model runs where, and what is said if it cannot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from speechaudit.asr import models
from speechaudit.asr.sound import RATE
from speechaudit.asr.weights import SHA256, embedded_model
from speechaudit.asr.whisper import WhisperTranscriber
from speechaudit.errors import ModelError
from speechaudit.reasons import in_chinese


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="文件夹不存在"):
        models.load_model(str(tmp_path / "none"), "cpu")


def test_a_folder_without_a_model_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match=r"缺少 model\.bin、tokenizer\.json"):
        models.load_model(str(tmp_path), "cpu")


def test_a_broken_model_is_named(tmp_path: Path) -> None:
    for name in SHA256:
        (tmp_path / name).write_bytes((embedded_model() / name).read_bytes()[:4000])
    with pytest.raises(ModelError, match="无法载入"):
        models.load_model(str(tmp_path), "cpu")


def test_an_unknown_name_lists_known_ones() -> None:
    with pytest.raises(ModelError, match=r"没有这个模型.*large-v3-turbo"):
        models.load_model("large-v9", "cpu")


def test_without_network_the_cure_is_a_folder_or_the_embedded_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelError, match=r"下载失败.*内置模型"):
        models.load_model("owner/not-downloaded", "cpu")


@pytest.mark.model
def test_spectrograms_do_not_hang_on_the_number_of_threads() -> None:
    sound = np.sin(np.arange(24 * RATE, dtype=np.float32) ** 1.2)
    made = []
    for threads in (2, 1):
        with threadpool_limits(threads, "blas"):
            made.append(models.load_model("base", "cpu").model.feature_extractor(sound))
            assert {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"} == {1}
    assert np.array_equal(*made)


@pytest.mark.model
def test_a_copy_of_the_model_in_a_folder_loads(tmp_path: Path) -> None:
    for name in SHA256:
        (tmp_path / name).symlink_to(embedded_model() / name)
    loaded = models.load_model(str(tmp_path), "cpu")
    assert (loaded.name, loaded.device, loaded.compute_type) == (str(tmp_path), "cpu", "int8")


@pytest.mark.model
@pytest.mark.skipif(models.cuda_devices() > 0, reason="needs a machine on which CUDA cannot work")
def test_a_gpu_that_does_not_work_falls_back_with_a_remark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "cuda_devices", lambda: 1)
    monkeypatch.setattr(models, "BEST", "owner/not-downloaded")
    monkeypatch.setattr(models, "_hub_answers", lambda: False)
    loaded = models.load_model(None, None)
    assert (loaded.name, loaded.device) == (models.EMBEDDED, "cpu")
    assert "改用 CPU" in in_chinese(loaded.limits)
    with pytest.raises(ModelError, match="无法在 GPU 上运行"):
        models.load_model(models.EMBEDDED, "cuda")


@pytest.mark.model
def test_a_machine_with_many_cores_hears_several_recordings_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "usable_cores", lambda: 9)
    monkeypatch.setattr(models, "cpu_threads", lambda: 2)
    loaded = models.load_model("base", "cpu")
    assert (loaded.threads, loaded.streams, loaded.model.model.num_workers) == (2, 4, 4)
    assert WhisperTranscriber(loaded).at_once == 4
    monkeypatch.setattr(models, "usable_cores", lambda: 1)
    assert models.load_model("base", "cpu").streams == 1


@pytest.mark.model
def test_all_cards_of_a_machine_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulated: what is asked of faster-whisper, which loads the model on the processor instead."""
    import faster_whisper
    from faster_whisper import WhisperModel

    asked: dict[str, object] = {}

    def loaded_here(path: str, **given: object) -> WhisperModel:
        asked.update(given)
        return WhisperModel(path, device="cpu", compute_type="int8", local_files_only=True)

    monkeypatch.setattr(models, "cuda_devices", lambda: 3)
    monkeypatch.setattr(models, "_compute_type", lambda _device: "float16")
    monkeypatch.setattr(faster_whisper, "WhisperModel", loaded_here)
    loaded = models.load_model("base", "cuda")
    assert (asked["device"], asked["device_index"], asked["num_workers"]) == ("cuda", [0, 1, 2], 2)
    assert (loaded.streams, WhisperTranscriber(loaded).at_once) == (6, 48)
