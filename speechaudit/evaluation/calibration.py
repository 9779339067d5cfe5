"""Thresholds of the second listen, taken from sound whose words are known.

Every clip of a `manifest.json`, and every turn of a recording with a play, is one piece. A phrase is listened for in
each, at the place where rules listen for it. From the scores of the pieces without it follow its thresholds: `pass`
lies above all of them by a margin, `doubt` above 95 of 100. From those with it follows `absent`: 90 of 100 lie above.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from speechaudit import formats, pipeline
from speechaudit.errors import InputError
from speechaudit.evaluation import clips
from speechaudit.model import LEAD_IN_MARK, ListenRequest, Place, Span
from speechaudit.rules import plays
from speechaudit.rules.listening import LEADING, NI_OR_NIN
from speechaudit.rules.scene import LONGEST
from speechaudit.rules.schema import Calibration, Charge, Threshold
from speechaudit.text import NI, NIN, fold, folded_letters

if TYPE_CHECKING:
    from speechaudit.asr.whisper import WhisperSession, WhisperTranscriber
    from speechaudit.rules.rulebook import Rulebook

MARGIN: Final = 0.5  # in log odds, above the best score without the phrase
MISSED: Final = 0.05  # share of the pieces with the words that may score so low that they count as not said
DOUBTFUL: Final = 0.05  # share of the pieces without it that may be left to a person
SILENCE: Final = 0.5  # the score of silence: less speaks against a phrase
FEWEST_WITH: Final = 5
FEWEST_WITHOUT: Final = 60  # of so many none above `pass`: with 95 % confidence no more than 5 of 100 are
WORDS: Final = 3  # characters that stand for words that are held against somebody
_END: Final = 24 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece(Span):
    """A stretch of one channel in which just `text` is said. `group` is the kind of the clip, or the recording."""

    path: Path
    channel: int
    text: str
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredPiece:
    """A piece with the score of each phrase at its place, 0 where no voice was found.

    `right` is the score of the last words of the piece, `wrong` that of another's in their stead; None if it is too
    long, or too short to tell. `scores` holds that of the choice of 你 against 您 too, where the piece has either.
    """

    name: str
    group: str
    text: str
    scores: Mapping[str, float]
    right: float | None = None
    wrong: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """A phrase that is listened for, with its spellings and its place."""

    name: str
    spellings: tuple[str, ...]
    place: Place

    def said(self, text: str) -> bool | None:
        """Return whether the text holds the phrase in its place; None where it holds it elsewhere or in a word."""
        folded = fold(text)
        sounds = folded.chars
        said = {spelling.rpartition(LEAD_IN_MARK)[2] for spelling in self.spellings}
        for spelling in said:
            at = 0 if self.place == "opening" else len(sounds.rstrip("。")) - len(spelling)
            if at >= 0 and sounds.startswith(spelling, at) and {at, at + len(spelling)} <= {0, *folded.breaks}:
                return True
        return None if any(spelling in sounds for spelling in said) else False


def phrases(book: Rulebook) -> tuple[Phrase, ...]:
    """Return all that rules in force listen for."""
    from speechaudit.rules.listening import places

    rules = (*book.in_force("phone"), *book.in_force("counter"))
    found = sorted(places(rules).items())
    return tuple(Phrase(name=name, spellings=book.listen[name], place=place) for name, place in found)


def pieces(folder: Path) -> tuple[Piece, ...]:
    """Read every piece in the folder and below whose words are known. Raises InputError if there is none."""
    if (folder / clips.MANIFEST).is_file():
        return tuple(
            Piece(start=0.0, end=_END, path=clip.path, channel=0, text=clip.text, group=clip.group)
            for clip in clips.read(folder)
        )
    texts = {path.stem: path for path in sorted(folder.rglob("*.play"))}
    recordings = [path for path in pipeline.files_in(folder, pipeline.AUDIO) if path.stem in texts]
    found = tuple(piece for path in recordings for piece in _turns(path, texts[path.stem]) if piece.duration)
    if not found:
        cure = "请在录音旁放同名的剧本(.play,每句写明时间),或写一份 manifest.json"
        raise InputError(folder, "里面没有知道说了什么的录音", cure)
    return found


def _turns(recording: Path, play: Path) -> Iterator[Piece]:
    text = formats.read_text(play)
    if "@" not in text:
        raise InputError(play, "没有写明每句话的时间", "请写成“staff @0.5-3.9: 您好”,单位是秒")
    staff = formats.read_sidecar(formats.sidecar_of(recording)).staff_channel
    for turn in plays.parse(text, str(play)).transcript.segments:
        channel = 0 if staff is None else 1 - staff if turn.role in ("citizen", "unknown") else staff
        yield Piece(
            start=turn.start, end=turn.end, path=recording, channel=channel, text=turn.text, group=recording.stem
        )


def score_pieces(
    found: Sequence[Piece], wanted: Sequence[Phrase], transcriber: WhisperTranscriber, done: Callable[[int], None]
) -> Iterator[ScoredPiece]:
    """Yield each piece with its scores; `done` gets the number of pieces of each recording that was heard."""
    by_path: dict[Path, list[Piece]] = {}
    for piece in found:
        by_path.setdefault(piece.path, []).append(piece)
    for path, inside in by_path.items():
        yield from _heard(path, inside, wanted, transcriber)
        done(len(inside))


def _heard(
    path: Path, inside: Sequence[Piece], wanted: Sequence[Phrase], transcriber: WhisperTranscriber
) -> Iterator[ScoredPiece]:
    with transcriber.open(path) as session:
        requests = [[_request(piece, phrase, session) for phrase in wanted] for piece in inside]
        words = [_last_words(piece, inside[number - 1].text, session) for number, piece in enumerate(inside)]
        choices = [_choice(piece, session) for piece in inside]
        best = session.best(request for row in (*requests, *words, *choices) for request in row)
    scores = {request: probe.score for request, probe in best.items()}
    for number, (piece, row, pair, choice) in enumerate(zip(inside, requests, words, choices, strict=True)):
        found = {request.phrase: scores.get(request, 0.0) for request in (*row, *choice)}
        right, wrong = (scores.get(request) for request in pair) if pair else (None, None)
        name = f"{path.stem}#{number}"
        yield ScoredPiece(name=name, group=piece.group, text=piece.text, scores=found, right=right, wrong=wrong)


def _last_words(piece: Piece, other: str, session: WhisperSession) -> tuple[ListenRequest, ...]:
    """The last words of a piece, and another's in their stead: asked for as words that are held against somebody."""
    text, strange = (folded_letters(t) for t in (piece.text, other))
    span = Span(start=piece.start, end=min(piece.end, session.sound.duration))
    if len(text) < 2 * WORDS or strange[-WORDS:] == text[-WORDS:] or len(strange) < WORDS or span.duration > LONGEST:
        return ()
    before, said = text[-WORDS - LEADING : -WORDS], text[-WORDS:]
    request = ListenRequest(
        start=span.start,
        end=span.end,
        phrase=said,
        variants=(said,),
        channel=min(piece.channel, len(session.condition.tracks) - 1),
        place="words",
        before=before,
    )
    return request, replace(request, phrase=strange[-WORDS:], variants=(strange[-WORDS:],))


def _choice(piece: Piece, session: WhisperSession) -> tuple[ListenRequest, ...]:
    """The first 你 or 您 of a piece with what follows: 你 weighed against 您."""
    text = folded_letters(piece.text)
    at = next((at for at, char in enumerate(text) if char in NI + NIN), None)
    span = Span(start=piece.start, end=min(piece.end, session.sound.duration))
    if at is None or span.duration > LONGEST:
        return ()
    rest = text[at + 1 : at + 1 + WORDS]
    request = ListenRequest(
        start=span.start,
        end=span.end,
        phrase=NI_OR_NIN,
        variants=(NI + rest,),
        channel=min(piece.channel, len(session.condition.tracks) - 1),
        place="words",
        before=text[max(0, at - LEADING) : at],
        against=NIN + rest,
    )
    return (request,)


def _request(piece: Piece, phrase: Phrase, session: WhisperSession) -> ListenRequest:
    return ListenRequest(
        start=piece.start,
        end=piece.end,
        phrase=phrase.name,
        variants=phrase.spellings,
        channel=min(piece.channel, len(session.condition.tracks) - 1),
        place=phrase.place,
    )


def scores_with_and_without(phrase: Phrase, scored: Iterable[ScoredPiece]) -> tuple[list[float], list[float]]:
    """Return rising scores of the pieces with the phrase, and of those without; some count on neither side."""
    rows = [(phrase.said(piece.text), piece.scores[phrase.name]) for piece in scored]
    said = sorted(score for truth, score in rows if truth)
    return said, sorted(score for truth, score in rows if truth is False)


def scores_by_phrase(
    wanted: Sequence[Phrase], scored: Sequence[ScoredPiece]
) -> dict[str, tuple[list[float], list[float]]]:
    """Return for each phrase, and for the choice of 你 against 您, the scores of both sides."""
    return {phrase.name: scores_with_and_without(phrase, scored) for phrase in wanted} | {NI_OR_NIN: you_scores(scored)}


def you_scores(scored: Iterable[ScoredPiece]) -> tuple[list[float], list[float]]:
    """Return the rising scores of 你 against 您: of pieces whose first is 你, and of those whose first is 您."""
    rows = [(piece.text, score) for piece in scored if (score := piece.scores.get(NI_OR_NIN)) is not None]
    said = sorted(score for text, score in rows if _first(text) == NI)
    return said, sorted(score for text, score in rows if _first(text) == NIN)


def _first(text: str) -> str:
    return next((char for char in text if char in NI + NIN), "")


def threshold(said: Sequence[float], unsaid: Sequence[float]) -> Threshold | None:
    """Return the threshold for rising scores; None if there are too few of them to tell anything."""
    if len(said) < FEWEST_WITH or len(unsaid) < FEWEST_WITHOUT:
        return None
    few = unsaid[min(len(unsaid) - 1, math.ceil((1 - DOUBTFUL) * len(unsaid)))]
    best = min(max(unsaid[-1], SILENCE), 0.999)
    sure = 1 / (1 + math.exp(-math.log(best / (1 - best)) - MARGIN))
    doubt = round(max(SILENCE, few), 3)
    absent = min(doubt, round(said[int(MISSED * len(said))], 3))
    counts = {"with": len(said), "without": len(unsaid)}
    return Threshold.model_validate({"pass": round(sure, 3), "doubt": doubt, "absent": absent, **counts})


def calibration(
    wanted: Sequence[Phrase], scored: Sequence[ScoredPiece], transcriber: WhisperTranscriber, data: str, command: str
) -> Calibration:
    """Return the thresholds of all phrases for which there are enough pieces. Raises InputError if there is none."""
    found = {name: threshold(*pair) for name, pair in scores_by_phrase(wanted, scored).items()}
    enough = {name: limit for name, limit in found.items() if limit}
    charge = charge_limit(scored)
    if not enough:
        cure = f"每个说法至少要 {FEWEST_WITH} 段说了它的、{FEWEST_WITHOUT} 段没有说的"
        raise InputError(data, "样本太少,定不出任何门槛", cure)
    made = transcriber.made_by
    return Calibration(
        model=made.model,
        model_sha256=made.model_sha256,
        made_on=date.today(),
        data=data,
        command=command,
        thresholds=enough,
        charge=charge,
    )


def charge_limit(scored: Iterable[ScoredPiece]) -> Charge | None:
    """Return the score over which 95 of 100 pieces lie whose words were said; None with too few pieces."""
    pairs = [(piece.right, piece.wrong) for piece in scored if piece.right is not None and piece.wrong is not None]
    if len(pairs) < FEWEST_WITHOUT:
        return None
    doubt = sorted(right for right, _ in pairs)[int(MISSED * len(pairs))]
    refuted = sum(wrong < doubt for _, wrong in pairs) / len(pairs)
    return Charge(doubt=round(doubt, 3), pieces=len(pairs), refuted=round(refuted, 3))


def save(found: Calibration, path: Path) -> None:
    """Write the file that a lexicons folder keeps under `calibration/`. Raises InputError if it cannot be written."""
    import yaml

    head = f"# {found.model} 再听一遍的门槛,由 speechaudit calibrate 写成(docs/decisions/asr-second-listen.md)。\n"
    body = found.model_dump(mode="json", by_alias=True, exclude_none=True)
    text = yaml.safe_dump(body, allow_unicode=True, sort_keys=False, width=120, default_flow_style=None)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(head + text, encoding="utf-8")
    except OSError as problem:
        raise formats.unwritable(path, problem) from problem
