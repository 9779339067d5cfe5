"""How surely a second listen tells names of units: `python -m bench.unit_names FOLDER...`, folders as for `calibrate`.

In every piece of sound all names are listened for, as the opening of a call is: those that are said in it, and those
that are not. Printed are the scores of the first, and of each other piece the best score of any name.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from speechaudit.asr import whisper
from speechaudit.evaluation import calibration
from speechaudit.evaluation.calibration import Piece
from speechaudit.model import ListenRequest
from speechaudit.rules import rulebook
from speechaudit.rules.names import LISTEN
from speechaudit.text import folded_letters

NAMES = (
    *("不动产登记窗口", "民政科", "社保局", "社保窗口", "医保窗口", "公积金窗口", "幸福街道党群服务中心"),
    *("人才服务中心", "政务小站"),
)


def scores(path: Path, inside: Sequence[Piece], transcriber: whisper.WhisperTranscriber) -> Iterator[dict[str, float]]:
    """Yield the score of each name in each piece of a recording; 0 where no voice was found."""
    leads = rulebook.load().listen[LISTEN]
    with transcriber.open(path) as session:
        sides = len(session.condition.tracks)
        rows = [
            [
                ListenRequest(
                    start=piece.start,
                    end=piece.end,
                    phrase=name,
                    variants=tuple(lead + name for lead in leads),
                    channel=min(piece.channel, sides - 1),
                    place="opening",
                )
                for name in NAMES
            ]
            for piece in inside
        ]
        best = session.best(request for row in rows for request in row)
    for row in rows:
        yield {request.phrase: best[request].score if request in best else 0.0 for request in row}


def main() -> None:
    """Listen to every piece, and print how far the two sides lie apart."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    transcriber = whisper.load("base", "cpu")
    by_path: dict[Path, list[Piece]] = {}
    for piece in (piece for folder in parser.parse_args().folders for piece in calibration.pieces(folder)):
        by_path.setdefault(piece.path, []).append(piece)
    said: list[float] = []
    others: list[float] = []
    for path, inside in by_path.items():
        for piece, found in zip(inside, scores(path, inside, transcriber), strict=True):
            own = [score for name, score in found.items() if name in folded_letters(piece.text)]
            (said if own else others).append(max(own or found.values()))
    limit = rulebook.load().thresholds("whisper-base")[LISTEN]
    for title, row in (("said", sorted(said)), ("not said", sorted(others))):
        sure, doubt = (sum(score >= least for score in row) for least in (limit.sure, limit.doubt))
        print(f"{title}: {len(row)} pieces, {sure} over pass, {doubt - sure} in doubt; {row[:3]} … {row[-3:]}")


if __name__ == "__main__":
    main()
