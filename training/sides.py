"""Makes the model of `speechaudit.classifiers.sides`: `python -m training.sides`.

Reads `training/dialogues`, writes `speechaudit/classifiers/model/sides.safetensors` and prints the figures that the
model card quotes: each file of dialogues is told by a model that has not seen it. A file is one theme; a dialogue
begins with `# ` and its matter, a turn with `S:` (staff) or `C:` (citizen).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack

from speechaudit.classifiers import tfidf, with_sides
from speechaudit.classifiers.sides import CUTS, FILE, telling
from speechaudit.classifiers.weights import write_stored
from speechaudit.model import Recording, Role, Segment, Transcript
from speechaudit.speakers import assign_roles

DATA = Path(__file__).parent / "dialogues"
STRENGTH = 3.0
"""Inverse of the regularisation."""
LEAST = 3
"""Turns that an n-gram must stand in."""
SECONDS = 0.22
"""How long a character takes to say."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of one side."""

    staff: bool
    text: str


Dialogue = tuple[Turn, ...]


def read_dialogues(folder: Path = DATA) -> dict[str, tuple[Dialogue, ...]]:
    """Theme -> its dialogues, in the order of file names."""
    return {path.stem: tuple(_dialogues(path.read_text("utf-8"))) for path in sorted(folder.glob("*.txt"))}


def _dialogues(text: str) -> Iterable[Dialogue]:
    for block in text.split("\n\n"):
        lines = [line.split(":", 1) for line in block.splitlines() if line[:2] in ("S:", "C:")]
        if lines:
            yield tuple(Turn(staff=side == "S", text=said.strip()) for side, said in lines)


class Fitted:
    """A model of some dialogues."""

    def __init__(self, dialogues: Iterable[Dialogue]) -> None:
        from sklearn.linear_model import LogisticRegression

        turns = [turn for dialogue in dialogues for turn in dialogue]
        texts = [turn.text for turn in turns]
        self.vectorizers = {kind: tfidf.unfitted(cut, least=LEAST) for kind, cut in CUTS.items()}
        for own in self.vectorizers.values():
            own.fit(texts)
        self.regression = LogisticRegression(C=STRENGTH, max_iter=2000)
        self.regression.fit(self._features(texts), [turn.staff for turn in turns])

    def _features(self, texts: Sequence[str]) -> csr_matrix:
        return hstack([self.vectorizers[kind].transform(texts) for kind in CUTS]).tocsr()

    def odds(self, texts: Sequence[str]) -> Floats:
        """(texts,) log-odds for staff."""
        return np.asarray(self.regression.decision_function(self._features(texts)))

    def export(self, path: Path) -> None:
        """Write `path` and `path.sha256`."""
        sizes = [len(self.vectorizers[kind].vocabulary_) for kind in CUTS]
        weights = dict(zip(CUTS, np.split(self.regression.coef_[0], np.cumsum(sizes)[:-1]), strict=True))
        stored: dict[str, NDArray[np.generic]] = {"bias": self.regression.intercept_.astype(np.float32)}
        for kind in CUTS:
            stored |= {f"{kind}.weights": weights[kind].astype(np.float16)}
            stored |= {f"{kind}.idf": self.vectorizers[kind].idf_.astype(np.float16)}
        write_stored(stored, {kind: self.vectorizers[kind].get_feature_names_out().tolist() for kind in CUTS}, path)


def figures(model: Fitted, dialogues: Sequence[Dialogue]) -> tuple[float, int, int]:
    """The share of turns told rightly, and of how many dialogues the roles come out wrong, and stay open."""
    turns = [turn for dialogue in dialogues for turn in dialogue]
    right = (model.odds([turn.text for turn in turns]) > 0) == [turn.staff for turn in turns]
    found = [_staff(model, dialogue) for dialogue in dialogues]
    return float(right.mean()), found.count("citizen"), found.count("unknown")


def _staff(model: Fitted, dialogue: Dialogue) -> Role:
    """What role the product gives to the staff's voice, the voices told apart perfectly."""
    start, segments = 0.0, []
    for turn in dialogue:
        end = start + SECONDS * len(turn.text)
        segments.append(Segment(start=start, end=end, text=turn.text, speaker="S1" if turn.staff else "S2"))
        start = end + 1.0
    texts = [turn.text for turn in dialogue]
    said = Transcript(segments=tuple(segments), duration=start)
    transcript = with_sides(said, telling(texts, model.odds(texts)).tolist())
    judged = assign_roles(transcript, Recording(file="dialogue", setting="counter"), 1)
    roles = [segment.role for segment in judged.segments if segment.speaker == "S1"]
    return max(roles, key=roles.count)


@click.command()
def main() -> None:
    """Measure each theme with a model of the others, then make the model of all."""
    themes = read_dialogues()
    click.echo("| theme | dialogues | turns | turns told rightly | roles swapped | roles open |\n" + "|---" * 6 + "|")
    for theme, own in themes.items():
        model = Fitted(d for other, dialogues in themes.items() if other != theme for d in dialogues)
        right, swapped, left = figures(model, own)
        size = sum(map(len, own))
        click.echo(
            f"| {theme} | {len(own)} | {size} | {right:.1%} | {swapped / len(own):.1%} | {left / len(own):.1%} |"
        )
    Fitted(d for dialogues in themes.values() for d in dialogues).export(FILE)


if __name__ == "__main__":
    main()
