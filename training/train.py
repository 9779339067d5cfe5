"""Makes the model file of `speechaudit.classifiers`: `python -m training.train KEEP`.

Needs the packages of the extra `train`. Reads `training/data`, `training/dialogues`, `training/writers` and the two
packages with the teacher and the broad text, writes `speechaudit/classifiers/model/labels.safetensors` and prints the
figures that the model card quotes. The encoder learns in two steps: from the first writers (`base.pt` in the folder
KEEP, from which `training.compare` goes on too), then from all. The thresholds are those of `training/thresholds.json`:
`python -m training.choose KEEP MODEL` writes them from a model of any calibration, and `--only-calibrate` sets them.
`--only-grams` is for new lines: seconds, where the encoder takes minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np
import torch

from speechaudit.classifiers.labeller import Labeller
from speechaudit.classifiers.weights import FILE, quantised, read_stored, write_stored
from training import recipe, thresholds
from training.evaluate import figures
from training.export import export, set_calibration
from training.grams import SHARE, Fitted
from training.materials import SEED, Materials, materials
from training.student import Student
from training.utterances import ANY, Utterance, part_of, read_families, utterances
from training.writers import FIRST, part, read_writers

HELD_PER_TEMPLATE = 4


@click.command()
@click.argument("keep", type=click.Path(path_type=Path))
@click.option("--threads", default=2, show_default=True, help="Processor cores to use.")
@click.option("--out", type=click.Path(path_type=Path), default=FILE, show_default=True)
@click.option("--only-calibrate", is_flag=True, help="Set the thresholds of the file that is there.")
@click.option("--only-grams", is_flag=True, help="Fit the n-grams of the file that is there again; its encoder stays.")
def main(keep: Path, threads: int, out: Path, *, only_calibrate: bool, only_grams: bool) -> None:
    """Train, calibrate, write and measure the label model."""
    torch.set_num_threads(threads)
    lines = [own for written in read_writers().values() for own in written]
    trained = part(lines, of_held=False)
    if only_grams:
        set_grams(out, Fitted(materials(), trained))
    elif not only_calibrate:
        known = materials()
        encoder = recipe.further(recipe.CHOSEN, known, trained, base(keep, known))
        write(encoder, Fitted(known, trained), known, out)
    families = read_families()
    parts = part_of(families)
    templates = utterances([own for own in families if parts[own.name] == "validation"], HELD_PER_TEMPLATE, SEED)
    calibrate(out, templates)
    held = [*part(lines, of_held=True), *templates]
    click.echo(figures(Labeller(out), held))


def base(keep: Path, known: Materials) -> Path:
    """The file of the encoder that has learned from the first writers; it is trained if it is not there."""
    file = keep / "base.pt"
    if not file.exists():
        keep.mkdir(parents=True, exist_ok=True)
        lines = [own for name, written in read_writers().items() if name in FIRST for own in written]
        torch.save(recipe.trained(recipe.CHOSEN, known, part(lines, of_held=False)).state_dict(), file)
    return file


def write(model: Student, grams: Fitted, known: Materials, path: Path) -> None:
    """Write both models, not calibrated."""
    labels = [label for label in known.labels if label != ANY]
    about = {
        "heads": known.teacher.heads,
        "pieces": [(text, round(score, 3)) for text, score in known.pieces],
        "shares": [SHARE] * len(labels),
        "grams": grams.vocabulary(),
    }
    export(model, known.labels, grams.tensors(labels), about, path)


def set_grams(path: Path, grams: Fitted) -> None:
    """Write the file once more, with these n-grams."""
    stored, about = read_stored(path)
    for name, tensor in grams.tensors(about["labels"]).items():
        stored |= quantised(name, tensor) if tensor.ndim == 2 else {name: tensor.astype(np.float16)}
    write_stored(stored, about | {"grams": grams.vocabulary()}, path)


def calibrate(path: Path, templates: Sequence[Utterance]) -> None:
    """Calibrate the model file as it was written, quantised: by the thresholds, and the other labels on `templates`."""
    model = Labeller(path)
    logits = dict(zip(model.names, model.logits([own.text for own in templates]).T, strict=True))
    scales = thresholds.scales()
    scales |= {name: thresholds.harmless(logits[name], templates, name) for name in model.names if name not in scales}
    some_fault = thresholds.some_fault()
    set_calibration(path, [scales[name] for name in model.names], some_fault, version=thresholds.VERSION)


if __name__ == "__main__":
    main()
