"""Models that write wrong times: found on the samples, and named in the audit, which uses none of them."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from speechaudit.asr import models
from speechaudit.asr.models import LoadedModel
from speechaudit.asr.registry import probing
from speechaudit.errors import ModelError
from speechaudit.evaluation import adoption
from speechaudit.reasons import in_chinese
from tests.asr.registry.conftest import CHECK, register

RATE = 16000


@dataclass
class Answering:
    """Stands for a model: writes the text of each turn, in times that `ends` makes of the speech's end."""

    texts: list[str]
    ends: Callable[[float], float]
    asked: list[dict[str, object]] = field(default_factory=list)

    def transcribe(self, samples: Any, **settings: object) -> tuple[Iterator[SimpleNamespace], None]:
        self.asked.append(settings)
        end = self.ends(len(samples) / RATE - probing.SILENCE)
        return iter([SimpleNamespace(start=0.0, end=end, text=self.texts[len(self.asked) - 1])]), None

    def detect_language(self, _: Any) -> tuple[str, float, list[tuple[str, float]]]:
        return "zh", 0.9, [("zh", 0.9), ("yue", 0.1)]


@pytest.fixture(scope="module")
def turns() -> list[adoption._Turn]:
    """The turns that are tried."""
    return list(adoption._turns())


@pytest.fixture
def said(turns: list[adoption._Turn], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Their words; the sound is decoded once for all tests."""
    monkeypatch.setattr(adoption, "_turns", lambda: iter(turns))
    return [turn.text for turn in turns]


def loaded(model: object, folder: Path = Path()) -> LoadedModel:
    return LoadedModel(model=model, name="made", folder=folder, device="cpu", compute_type="int8")


@pytest.mark.parametrize(
    ("ends", "times", "plausible"),
    [
        (lambda end: end + 0.3, "own", 1.0),
        (lambda end: end + probing.SILENCE, "alignment", 0.0),  # of the window, as without times of its own
        (lambda _: 0.0, "alignment", 0.0),
        (lambda end: end / 3, "alignment", 0.0),
    ],
)
def test_wrong_times_are_found(said: list[str], ends: Callable[[float], float], times: str, plausible: float) -> None:
    done: list[float] = []
    check = adoption.check(loaded(Answering(said, ends)), done.append)
    assert (check.times, check.plausible, check.cer, check.language) == (times, plausible, 0.0, "zh")
    assert done[-1] == 1.0
    assert len(done) == len(said) == adoption.TURNS * len(adoption.RECORDINGS)


def test_a_model_that_understands_nothing_is_refused(said: list[str]) -> None:
    with pytest.raises(ModelError, match="听不懂中文"):
        adoption.check(loaded(Answering(["hello world"] * len(said), lambda end: end)), lambda _: None)


def test_a_registered_model_is_loaded_with_what_was_checked(models_loaded: list[LoadedModel]) -> None:
    own, aligned = models_loaded
    assert (own.name, own.limits) == ("made", ())
    assert aligned.name == "aligned"
    assert "aligned" in in_chinese(aligned.limits)
    told = [models.machine_settings(each) for each in models_loaded]
    assert int(told[0]["cpu_threads"]) == own.threads >= 1


@pytest.fixture
def models_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[LoadedModel]:
    """Two registered models, loaded by name and by choice, of which nothing is really loaded."""
    import faster_whisper

    monkeypatch.setenv("SPEECHAUDIT_MODELS", str(tmp_path / "models"))
    register()
    register("aligned", CHECK.model_copy(update={"times": "alignment"}))
    stands = SimpleNamespace(model=SimpleNamespace(is_multilingual=True))
    monkeypatch.setattr(faster_whisper, "WhisperModel", lambda *_, **__: stands)
    (tmp_path / "models" / "in-use").write_text("aligned\n")
    return [models.load_model("made", "cpu"), models.load_model(None, "cpu")]


@pytest.mark.parametrize(("told", "threads"), [("3", 3), ("2,1", 2), ("", None), ("0", None), ("x", None)])
def test_threads_are_those_of_the_environment(told: str, threads: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", told)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    assert models.cpu_threads() == (threads or 4)


@pytest.mark.parametrize(
    ("flags", "name", "sets"),
    [
        ("avx avx2 avx512f avx512cd avx512bw avx512dq avx512vl avx512_vnni", "AVX512+VNNI", "AVX512 AVX2 AVX GENERIC"),
        ("avx avx2 avx512f", "AVX2", "AVX2 AVX GENERIC"),
        ("avx avx2 avx_vnni", "AVX2+VNNI", "AVX2 AVX GENERIC"),
        ("sse4_1", "GENERIC", "GENERIC"),
    ],
)
def test_the_instruction_set_follows_from_the_processor(
    flags: str, name: str, sets: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CT2_FORCE_CPU_ISA", raising=False)
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(Path, "read_text", lambda *_: f"model\t: x\nflags\t\t: fpu {flags}\nbugs\t: \n")
    assert models.instruction_set() == name
    assert models.instruction_sets() == tuple(sets.split())
    monkeypatch.setenv("CT2_FORCE_CPU_ISA", "generic")
    assert models.instruction_set() == "GENERIC"


def test_a_piece_without_a_word_has_no_plausible_times() -> None:
    empty = SimpleNamespace(transcribe=lambda *_, **__: (iter(()), None))
    assert not probing.heard(empty, np.zeros(RATE, np.float32)).plausible
