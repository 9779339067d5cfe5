"""All that a label model is trained on beside the writers' lines."""

from __future__ import annotations

from dataclasses import dataclass, replace

from speechaudit.text import model_form
from training import sides
from training.broad import clauses
from training.teacher import Teacher, model_file, read_teacher
from training.utterances import ANY, Family, Utterance, part_of, read_families, utterances
from training.vocabulary import needed
from training.writers import NEW, UNTOLD

SEED = 1
VOCABULARY = 8000
_CLAUSES = 900
_NOT_ORDINARY = ("rude-staff", "conflicts", "hard-to-tell")
_SIDES = frozenset({"staff-like", "citizen-like"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Materials:
    """All that is known beside the writers' lines. `labels` are the model's, in the order of its head."""

    templates: tuple[Family, ...]
    turns: tuple[Utterance, ...]
    broad: tuple[Utterance, ...]
    labels: tuple[str, ...]
    pieces: tuple[tuple[str, float], ...]
    ids: tuple[int, ...]
    teacher: Teacher


def materials() -> Materials:
    """Read everything. The vocabulary comes from these texts, not from the writers' lines."""
    families = read_families()
    parts = part_of(families)
    turns = tuple(ordinary_turns())
    broad = [_unlabelled(text, "broad") for text in clauses(_CLAUSES, SEED)]
    texts = [own.text for own in (*turns, *broad, *utterances(families, 4, SEED))]
    teacher = read_teacher(model_file())
    ids = needed(teacher.pieces, list(map(model_form, texts)), VOCABULARY)
    return Materials(
        templates=tuple(own for own in families if parts[own.name] == "train"),
        turns=turns,
        broad=tuple(broad),
        labels=(*sorted((NEW | {label for own in families for label in own.labels}) - _SIDES), ANY),
        pieces=tuple(teacher.pieces[i] for i in ids),
        ids=tuple(ids),
        teacher=teacher,
    )


def ordinary_turns() -> list[Utterance]:
    """The turns of staff in the dialogues of ordinary service, each with the turn before; no label is present."""
    found = []
    for theme, dialogues in sides.read_dialogues().items():
        for dialogue in dialogues if theme not in _NOT_ORDINARY else ():
            for number, turn in enumerate(dialogue):
                if turn.staff:
                    before = dialogue[number - 1].text if number and not dialogue[number - 1].staff else ""
                    found.append(replace(_unlabelled(turn.text, "dialogues"), before=before))
    return found


def _unlabelled(text: str, source: str) -> Utterance:
    return Utterance(text=text, labels=frozenset(), unknown=UNTOLD, family=source, source=source)
