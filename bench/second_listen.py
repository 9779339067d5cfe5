"""How often courtesy words are found with and without the second listen, and what it costs.

`python -m bench.second_listen FOLDER... --kept FILE` takes folders as `speechaudit calibrate` does (`bench.lines` makes
them from clips). It chooses thresholds on one half of the pieces and prints, as Markdown, what they and those in use
give on the other half. What was measured is kept, one line a piece, so that a run goes on where it was cut off.
"""

from __future__ import annotations

import argparse
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from speechaudit.asr import whisper
from speechaudit.errors import AudioError
from speechaudit.evaluation import calibration
from speechaudit.evaluation.calibration import Phrase, Piece, ScoredPiece
from speechaudit.rules import rulebook
from speechaudit.rules.schema import Threshold
from speechaudit.sounds import sounds
from speechaudit.text import fold

_HEADS = "说法, 线路, 有它的, 写出来的, 再听一遍, 合计, 存疑, 没有它的, 误听成有, 存疑"


@dataclass(frozen=True, slots=True)
class Row:
    """A piece of sound: what is said, what was freely written down, and the score of each phrase."""

    name: str
    group: str
    text: str
    free: str
    scores: Mapping[str, float]

    @property
    def tuning(self) -> bool:
        """Whether thresholds may be chosen with it: half of the clips, the same clip on all lines."""
        return zlib.crc32(re.sub(r"-(clean|telephone|lossy)#|#", "#", self.name).encode()) % 2 == 0

    @property
    def scored(self) -> ScoredPiece:
        """Without what was written down."""
        return ScoredPiece(name=self.name, group=self.group, text=self.text, scores=self.scores)


def freely(transcriber: whisper.WhisperTranscriber, path: Path) -> dict[tuple[int, float], str]:
    """Every word that is written down, by channel and middle of its time; none where no voice is heard."""
    try:
        said = transcriber.transcribe(path).transcript.segments
    except AudioError:
        return {}
    return {(s.channel, (w.start + w.end) / 2): w.text for s in said for w in s.words}


def measured(folders: Sequence[Path], wanted: Sequence[Phrase], kept: Path) -> list[Row]:
    """Every piece, measured now or before."""
    rows = [Row(**json.loads(line)) for line in kept.read_text(encoding="utf-8").splitlines()] if kept.exists() else []
    known = {row.name for row in rows}
    found = [piece for folder in folders for piece in calibration.pieces(folder)]
    left: dict[Path, list[Piece]] = {}
    for piece in found:
        left.setdefault(piece.path, []).append(piece)
    transcriber = whisper.load("base", "cpu")
    with kept.open("a", encoding="utf-8") as file:
        for path, inside in left.items():
            if f"{path.stem}#0" not in known:
                for row in _of_one(path, inside, wanted, transcriber):
                    rows.append(row)
                    file.write(json.dumps(asdict(row), ensure_ascii=False) + "\n")
                file.flush()
    return rows


def _of_one(
    path: Path, inside: Sequence[Piece], wanted: Sequence[Phrase], transcriber: whisper.WhisperTranscriber
) -> Iterator[Row]:
    words = freely(transcriber, path)
    scored = calibration.score_pieces(inside, wanted, transcriber, lambda _: None)
    for piece, one in zip(inside, scored, strict=True):
        mine = (text for (channel, at), text in words.items() if channel == piece.channel and _in(at, piece))
        yield Row(one.name, one.group, one.text, "".join(mine), one.scores)


def _in(at: float, piece: Piece) -> bool:
    return piece.start - 0.2 <= at <= piece.end + 0.2


def limits(unsaid: Sequence[float]) -> Threshold | None:
    """The thresholds that the pieces without a phrase ask for, however few there are with it."""
    return calibration.threshold([1.0] * calibration.FEWEST_WITH, unsaid)


def written(phrase: Phrase, text: str) -> bool:
    """Whether one of the spellings stands in what was written down, homophones included."""
    heard = sounds(fold(text).chars)
    return any(sounds(spelling) in heard for spelling in phrase.spellings)


def table(wanted: Sequence[Phrase], rows: Sequence[Row], limits: Mapping[str, Threshold]) -> Iterator[str]:
    """What the thresholds give on these pieces, as Markdown."""
    yield f"| {_HEADS.replace(', ', ' | ')} |"
    yield "|---" * len(_HEADS.split(",")) + "|"
    for phrase in wanted:
        for line in sorted({row.group for row in rows}) if phrase.name in limits else ():
            here = _counts(phrase, [row for row in rows if row.group == line], limits[phrase.name])
            yield f"| {phrase.name} | {line} | " + " | ".join(map(str, here)) + " |"


def total(wanted: Sequence[Phrase], rows: Sequence[Row], limits: Mapping[str, Threshold]) -> Iterator[str]:
    """The same, all phrases together."""
    for line in sorted({row.group for row in rows}):
        here = [row for row in rows if row.group == line]
        counts = [_counts(phrase, here, limits[phrase.name]) for phrase in wanted if phrase.name in limits]
        yield f"| 全部 | {line} | " + " | ".join(str(sum(column)) for column in zip(*counts, strict=True)) + " |"


def _counts(phrase: Phrase, rows: Sequence[Row], limit: Threshold) -> tuple[int, ...]:
    have = [(written(phrase, row.free), row.scores[phrase.name]) for row in rows if phrase.said(row.text)]
    lack = [row.scores[phrase.name] for row in rows if phrase.said(row.text) is False]
    return (
        len(have),
        sum(free for free, _ in have),
        sum(score >= limit.sure for _, score in have),
        sum(free or score >= limit.sure for free, score in have),
        sum(limit.doubt <= score < limit.sure and not free for free, score in have),
        len(lack),
        sum(score >= limit.sure for score in lack),
        sum(limit.doubt <= score < limit.sure for score in lack),
    )


def main() -> None:
    """Measure, choose on one half, report on the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--kept", type=Path, required=True, help="file that keeps what was measured")
    parser.add_argument("--also", nargs="*", default=(), help="words that no rule listens for, at the beginning")
    options = parser.parse_args()
    book = rulebook.load()
    also = (Phrase(name=word, spellings=(word,), place="opening") for word in options.also)
    wanted = (*calibration.phrases(book), *also)
    rows = measured(options.folders, wanted, options.kept)
    tuning = [row.scored for row in rows if row.tuning]
    chosen = {phrase.name: limits(calibration.scores_with_and_without(phrase, tuning)[1]) for phrase in wanted}
    test = [row for row in rows if not row.tuning]
    found = {name: limit for name, limit in chosen.items() if limit}
    print("门槛取自另一半:", {name: (limit.sure, limit.doubt) for name, limit in found.items()})
    print("\n".join([*table(wanted, test, found), *total(wanted, test, found)]))
    print("在用的门槛,全部片段:")
    print("\n".join(table(wanted, rows, book.thresholds("whisper-base"))))


if __name__ == "__main__":
    main()
