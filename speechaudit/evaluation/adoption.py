"""A recogniser that is new here, tried on sound whose words are known, and calibrated for the second listen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from speechaudit import formats
from speechaudit.asr.models import LoadedModel
from speechaudit.asr.registry import probing
from speechaudit.asr.registry.records import ModelCheck
from speechaudit.asr.sound import RATE, decode
from speechaudit.asr.whisper import WhisperTranscriber
from speechaudit.errors import InputError, ModelError
from speechaudit.evaluation import calibration, characters
from speechaudit.evaluation.calibration import Phrase, Piece, ScoredPiece
from speechaudit.evaluation.characters import NO_ERRORS
from speechaudit.rules import plays
from speechaudit.rules.schema import Calibration

Told = Callable[[float], None]  # the share that is done, from 0 to 1
# Calls and counters by four voices; what a good model writes nearly without a fault, and base with one in five.
RECORDINGS: Final = ("c01-good-license", "c03-good-refusal-angry", "c10-bad-blame-insult")
TURNS: Final = 4  # of each recording
SHORTEST: Final = 2.0  # seconds of a turn that is taken
USELESS: Final = 0.8  # share of wrong characters over which a model is refused
OWN_TIMES: Final = 0.75  # share of the pieces whose own times have to be plausible
LANGUAGE_PIECES: Final = 3
BUDGET: Final = 1800.0  # seconds for the calibration; what is heard by then has to do


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    samples: npt.NDArray[np.float32]
    text: str


def packaged(name: str) -> Path:
    """Return a folder of `labelled/` that came with the program. Raises InputError if it is not there."""
    folder = Path(__file__).resolve().parents[2] / "labelled" / name
    if not folder.is_dir():
        raise InputError(folder, "随程序安装的样例不存在", "请重新安装 speechaudit")
    return folder


def check(loaded: LoadedModel, told: Told) -> ModelCheck:
    """Let the model hear the packaged samples. Raises ModelError if it understands nothing of them."""
    turns = list(_turns())
    answers = []
    for turn in turns:
        answers.append(probing.heard(loaded.model, turn.samples))
        told(len(answers) / len(turns))
    pairs = zip(turns, answers, strict=True)
    errors = sum((characters.errors(turn.text, answer.text) for turn, answer in pairs), NO_ERRORS)
    cer = errors.edits / errors.characters
    if cer > USELESS:
        problem = f"在样例上听不懂中文(字错率 {cer:.0%})"
        raise ModelError(loaded.name, problem, "请确认这是会普通话的 Whisper,并且下载完整")
    language, share = probing.language(loaded.model, [turn.samples for turn in turns[:LANGUAGE_PIECES]])
    plausible = sum(answer.plausible for answer in answers) / len(answers)
    seconds = sum(len(turn.samples) for turn in turns) / RATE
    return ModelCheck(
        language=language,
        language_share=round(share, 3),
        cer=round(cer, 3),
        characters=errors.characters,
        times="own" if plausible >= OWN_TIMES else "alignment",
        plausible=round(plausible, 3),
        speed=round(sum(answer.seconds for answer in answers) / seconds, 3),
    )


def _turns() -> Iterator[_Turn]:
    """The longest turns of the samples, each with its sound."""
    for name in RECORDINGS:
        path = packaged("tuning") / f"{name}.opus"
        play = plays.parse(formats.read_text(path.with_suffix(".play")), str(path)).transcript
        long = [turn for turn in play.segments if turn.duration >= SHORTEST]
        with decode(path) as sound:
            for turn in sorted(long, key=lambda turn: -turn.duration)[:TURNS]:
                yield _Turn(samples=sound.read(0, turn.start, turn.end), text=turn.text)


def calibrated(
    transcriber: WhisperTranscriber, wanted: tuple[Phrase, ...], told: Told, budget: float = BUDGET
) -> Calibration | None:
    """Return the thresholds of the second listen, from as many packaged phrases as are heard in `budget` seconds.

    None if that were too few to tell anything: then the audits say that nobody calibrated this model.
    """
    folder = packaged("phrases")
    found = calibration.pieces(folder)
    scored = tuple(_scored(found, wanted, transcriber, told, budget))
    data = f"{folder.parent.name}/{folder.name}:{len(scored)} 段话,共 {len(found)} 段"
    command = f"speechaudit calibrate labelled/phrases --model {transcriber.made_by.model}"
    try:
        return calibration.calibration(wanted, scored, transcriber, data, command)
    except InputError:
        return None


def _scored(
    found: tuple[Piece, ...], wanted: tuple[Phrase, ...], transcriber: WhisperTranscriber, told: Told, budget: float
) -> Iterator[ScoredPiece]:
    """The pieces of one recording after the other, until the time is over."""
    began, count = time.monotonic(), 0
    for path in sorted({piece.path for piece in found}):
        inside = tuple(piece for piece in found if piece.path == path)
        yield from calibration.score_pieces(inside, wanted, transcriber, lambda _: None)
        count += len(inside)
        told(count / len(found))
        if time.monotonic() - began > budget:
            return
