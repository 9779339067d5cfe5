"""How far what was written down can be trusted: the recogniser's confidence, and two decodings of the same place.

`python -m bench.agreement FOLDER... --kept FILE` hears labelled folders (recordings with plays) or folders of clips
with their texts (`bench.lines` makes them) once, and keeps, one line each, stretches at the beginnings and ends of
turns and some within: the confidence, what a second listen and a second decoding give, and whether just that was said.
From them it fits a logistic regression (Platt, 1999), each recording judged by what the others gave, and prints as
Markdown what each figure tells, both reliability diagrams, and what agreement tells under the limit for confidence.
`--picture FILE` draws the diagrams as SVG, `--out FILE` writes the coefficients, by all stretches, into a calibration.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain, permutations
from pathlib import Path
from typing import TYPE_CHECKING

from bench.hearing import Item, items, some
from bench.reliability import bins, expected_error, picture, table
from speechaudit.asr import whisper
from speechaudit.errors import AudioError
from speechaudit.evaluation import calibration
from speechaudit.rules import reading, rulebook
from speechaudit.rules.listening import words_request
from speechaudit.rules.phrases import TextMatch
from speechaudit.rules.scene import EDGE, SpokenMatch
from speechaudit.rules.schema import Calibration
from speechaudit.rules.surety import Surety, weighed
from speechaudit.rules.turns import Turn, turns_of
from speechaudit.sounds import sounds
from speechaudit.text import SENTENCE_END, error_rate_form, folded_letters

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from sklearn.linear_model import LogisticRegression

    from speechaudit.asr.whisper import WhisperSession, WhisperTranscriber
    from speechaudit.model import Segment

    Figures = npt.NDArray[np.float64]
MOST = 28  # stretches of one recording
INSIDE = range(3, 6)  # characters of a stretch within a turn
FOLDS = 8
FIGURES = ("confidence", "agreement", "score")
CHOICES = (FIGURES[:1], FIGURES[1:2], FIGURES[2:], FIGURES[:2], FIGURES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Some characters of a turn as they were written down, and whether just these were said (`right`).

    `agreement` and `score` are those of the probe there; `kind` says where in the turn they stand.
    """

    recording: str
    group: str
    kind: str
    text: str
    confidence: float
    agreement: float
    score: float
    right: bool


@dataclass(frozen=True, slots=True)
class Truth:
    """Which characters of a channel came out right, and before which of them something said was left out."""

    right: frozenset[int]
    lost: frozenset[int]

    def of(self, first: int, last: int) -> bool:
        """Return whether all from the first to the last are right, with nothing left out within or at their ends."""
        every = range(first, last + 1)
        return self.right.issuperset(every) and self.lost.isdisjoint((*every, last + 1))


def truth(written: str, said: str) -> Truth:
    """Align both texts by the fewest edits between their sounds, tones apart."""
    from rapidfuzz.distance import Levenshtein

    pairs = Levenshtein.opcodes(sounds(written), sounds(said))
    right = (place for pair in pairs if pair.tag == "equal" for place in range(pair.src_start, pair.src_end))
    return Truth(frozenset(right), frozenset(pair.src_start for pair in pairs if pair.tag == "insert"))


def sides(said: Sequence[Segment], written: Sequence[str]) -> Sequence[str]:
    """Return what was said in each channel: all in one, else the sides in the order that fits better."""
    from rapidfuzz.distance import Levenshtein

    texts = ["".join(s.text for s in said if (s.role == "citizen") is citizen) for citizen in (True, False)]
    if len(written) == 1:
        return ["".join(segment.text for segment in said)]
    orders = [[error_rate_form(text) for text in order] for order in permutations(texts)]
    return min(orders, key=lambda order: sum(map(Levenshtein.distance, written, order)))


def places_in(letters: Sequence[int], chance: random.Random) -> Iterator[tuple[str, Sequence[int]]]:
    """Yield the first, the last and some other letters of a turn, each with a name."""
    if len(letters) <= EDGE:
        yield "whole", letters
        return
    yield "beginning", letters[:EDGE]
    yield "end", letters[-EDGE:]
    count = chance.choice(INSIDE)
    if len(letters) > EDGE + count:
        first = chance.randrange(2, len(letters) - count - 1)
        yield "within", letters[first : first + count]


def stretches(item: Item, transcriber: WhisperTranscriber) -> Iterator[Stretch]:
    """Yield some stretches of a recording, chosen by its name; none where no voice is heard.

    Nobody says who speaks here, so that what lies between two pauses counts as a turn.
    """
    with transcriber.open(item.path) as session:
        try:
            said = session.transcribe().transcript
        except AudioError:
            return
        alone = (turns_of(replace(said, segments=(segment,))) for segment in said.segments)
        yield from heard_again(item, tuple(chain.from_iterable(alone)), session)


def heard_again(item: Item, turns: Sequence[Turn], session: WhisperSession) -> Iterator[Stretch]:
    """Yield some stretches of the turns of a recording, each listened to and written down once more."""
    chance = random.Random(zlib.crc32(item.path.name.encode()))
    found = [each for side in by_channel(turns, item) for each in known_places(*side, chance)]
    chosen = chance.sample(found, min(MOST, len(found)))
    best = session.best(words_request(match, again=True) for _, match, _ in chosen)
    for kind, match, right in chosen:
        probe = best.get(words_request(match, again=True))
        if probe and probe.agreement is not None:
            yield Stretch(
                recording=item.path.stem,
                group=item.kind,
                kind=kind,
                text=match.said_at_once,
                confidence=round(match.confidence, 4),
                agreement=probe.agreement,
                score=probe.score,
                right=right,
            )


def by_channel(turns: Sequence[Turn], item: Item) -> Iterator[tuple[list[Turn], str]]:
    """Yield the turns of each channel, with what was said there."""
    channels = sorted({turn.segments[0].channel for turn in turns})
    own = [[turn for turn in turns if turn.segments[0].channel == channel] for channel in channels]
    written = ["".join(error_rate_form(turn.folded.original) for turn in side) for side in own]
    yield from zip(own, sides(item.said.segments, written), strict=True)


def known_places(turns: Sequence[Turn], said: str, chance: random.Random) -> Iterator[tuple[str, SpokenMatch, bool]]:
    """Yield places in the turns of a channel: which part it is, its words, and whether just they were said."""
    known = truth("".join(folded_letters(turn.folded.chars) for turn in turns), error_rate_form(said))
    before = 0
    for turn in turns:
        letters = [place for place, char in enumerate(turn.folded.chars) if char != SENTENCE_END]
        number = {place: before + count for count, place in enumerate(letters)}
        for kind, inside in places_in(letters, chance):
            hit = TextMatch(start=inside[0], end=inside[-1] + 1, exact=True)
            yield kind, SpokenMatch(turn=turn, hit=hit), known.of(number[inside[0]], number[inside[-1]])
        before += len(letters)


def measured(folders: Sequence[Path], kept: Path, most: int) -> list[Stretch]:
    """Return every stretch, heard now or before; a recording is heard once."""
    lines = kept.read_text(encoding="utf-8").splitlines() if kept.exists() else []
    rows = [Stretch(**json.loads(line)) for line in lines]
    known = {(row.group, row.recording) for row in rows}
    found = [item for folder in folders for item in some(items(folder), most)]
    missing = [item for item in found if (item.kind, item.path.stem) not in known]
    transcriber = whisper.load("base", "cpu")
    with kept.open("a", encoding="utf-8") as file:
        for item in missing:
            heard = list(stretches(item, transcriber))
            file.write("".join(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in heard))
            file.flush()
            rows += heard
    return rows


def figures(rows: Sequence[Stretch], which: Sequence[str]) -> Figures:
    """Return the figures of the stretches as the calibration weighs them, (stretches, figures)."""
    import numpy as np

    return np.array(
        [[weighed(**{name: getattr(row, name) for name in FIGURES})[name] for name in which] for row in rows]
    )


def fitted(rows: Sequence[Stretch], which: Sequence[str]) -> LogisticRegression:
    """Return a regression of these figures, by all stretches."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=10.0, max_iter=1000).fit(figures(rows, which), [row.right for row in rows])


def apart(rows: Sequence[Stretch], which: Sequence[str]) -> list[float]:
    """Return the probability of each stretch by what the stretches of other recordings gave."""
    from sklearn.model_selection import GroupKFold

    names = [voice_of(row.recording) for row in rows]
    found = [0.0] * len(rows)
    for others, own in GroupKFold(min(FOLDS, len(set(names)))).split(rows, groups=names):
        model = fitted([rows[place] for place in others], which)
        told = model.predict_proba(figures([rows[place] for place in own], which))[:, 1]
        for place, probability in zip(own, told, strict=True):
            found[place] = float(probability)
    return found


def voice_of(recording: str) -> str:
    """Return the name of a recording without the line or noise it was made worse by: all of them stay together."""
    return re.sub(r"-(clean|telephone|lossy)$|@.*$", "", recording)


def compared(rows: Sequence[Stretch]) -> Iterator[str]:
    """Yield what each choice of figures tells of recordings that it was not fitted with, as Markdown."""
    from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

    right = [row.right for row in rows]
    told = {"the recogniser's confidence as it is": [row.confidence for row in rows]}
    told |= {", ".join(which): apart(rows, which) for which in CHOICES}
    yield "| figures | area under the curve | log loss | Brier | expected calibration error |\n|---|---|---|---|---|"
    for name, p in told.items():
        loss = log_loss(right, [min(0.99, max(0.01, each)) for each in p])
        tells = roc_auc_score(right, p), loss, brier_score_loss(right, p), expected_error(bins(p, right))
        yield f"| {name} | " + " | ".join(f"{each:.3f}" for each in tells) + " |"


def crossed(rows: Sequence[Stretch], limit: float) -> Iterator[str]:
    """Yield how many stretches under and over a confidence are right, where all of them, some and few come again."""
    yield "| characters that come again | confidence | right | stretches |\n|---|---|---|---|"
    for name, low, high in (("all", 1.0, 2.0), ("half or more", 0.5, 1.0), ("fewer", 0.0, 0.5)):
        for side, over in ((f"under {limit}", False), (f"{limit} or more", True)):
            own = [r.right for r in rows if low <= r.agreement < high and (r.confidence >= limit) is over]
            yield f"| {name} | {side} | {sum(own)} | {len(own)} |"


def surety(rows: Sequence[Stretch]) -> Surety:
    """Return the coefficients by all stretches."""
    model = fitted(rows, FIGURES)
    weights = {name: round(float(value), 3) for name, value in zip(FIGURES, model.coef_[0], strict=True)}
    return Surety(intercept=round(float(model.intercept_[0]), 3), **weights, stretches=len(rows))


def main() -> None:
    """Hear what is missing, fit, compare, draw and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--kept", type=Path, required=True, help="file that keeps what was heard")
    parser.add_argument("--most", type=int, default=1000, help="recordings of each kind of sound")
    parser.add_argument("--picture", type=Path, help="SVG of both diagrams")
    parser.add_argument("--out", type=Path, help="calibration that gets the coefficients")
    options = parser.parse_args()
    rows = measured(options.folders, options.kept, options.most)
    right = [row.right for row in rows]
    print(f"{len(rows)} stretches of {len({row.recording for row in rows})} recordings, {sum(right)} right\n")
    print("\n".join(compared(rows)), end="\n\n")
    diagrams = {
        "confidence": bins([row.confidence for row in rows], right),
        "calibrated": bins(apart(rows, FIGURES), right),
    }
    print("\n".join((*table(diagrams), *crossed(rows, rulebook.load().policy.minimum_edge_confidence))))
    if options.picture:
        options.picture.write_text(picture(diagrams), encoding="utf-8")
    if options.out:
        found = reading.validated(Calibration, options.out)
        calibration.save(found.model_copy(update={"words": surety(rows)}), options.out)


if __name__ == "__main__":
    main()
