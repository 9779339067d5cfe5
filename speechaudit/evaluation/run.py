"""From a labelled folder to an evaluation: plays are judged, each recording is heard once and judged several times."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from speechaudit import formats, pipeline
from speechaudit.classifiers import LabelModel
from speechaudit.errors import AudioError
from speechaudit.evaluation import characters, clips, labels
from speechaudit.evaluation.characters import Errors
from speechaudit.evaluation.compare import ComparedEncounter, compare
from speechaudit.evaluation.labels import Item, LabelledFolder
from speechaudit.evaluation.layers import Level, levels
from speechaudit.model import Audit, Encounter, MadeBy, Span
from speechaudit.pipeline import Overrides
from speechaudit.rules import plays
from speechaudit.rules.rulebook import Rulebook

Advance = Callable[[float], None]
AuditRecording = Callable[[Path, Advance], Audit]
Write = Callable[[Path, Advance], str]
TEXT: Final = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class EncounterCount:
    """The number of services in a file, and of those found in it; None where it could not be heard."""

    stem: str
    wanted: int
    found: int | None

    @property
    def agrees(self) -> bool:
        """Whether both numbers are equal."""
        return self.wanted == self.found


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedItems:
    """The encounters of all items, as they were judged with all layers up to `title`."""

    name: str
    title: str
    compared: tuple[ComparedEncounter, ...]
    divisions: tuple[EncounterCount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupErrors:
    """Character errors of the recogniser: one entry for each recording of a group."""

    group: str
    errors: tuple[Errors, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """The data and versions behind the figures. `fingerprint` is of the data, `changed` the day they last changed.

    `label_model` told the meaning of plays and recordings alike; None where nothing was judged.
    """

    folder: str
    fingerprint: str
    changed: date
    measured: date
    rulebook_version: str = ""
    profile: str = ""
    made_by: MadeBy | None = None
    label_model: LabelModel | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """All that was measured. `audio` holds one entry for each layer, the whole product last; empty without sound."""

    source: Provenance
    text: JudgedItems | None = None
    audio: tuple[JudgedItems, ...] = ()
    written: tuple[GroupErrors, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognisedItem:
    """One recording after it was heard: its audit, saved at `path`, or why there is none."""

    item: Item
    path: Path | None
    problem: str = ""


def evaluation(
    labelled: LabelledFolder,
    book: Rulebook,
    text: JudgedItems,
    spans: Mapping[str, tuple[Span, ...]] | None = None,
    heard: Sequence[RecognisedItem] = (),
    made_by: MadeBy | None = None,
) -> Evaluation:
    """Return all figures of a labelled folder, after its plays were judged and its recordings heard."""
    source = _source(labelled.folder, labels.files_of(labelled), made_by)
    audio = judge_recordings(heard, book, spans or {}) if heard else ()
    return Evaluation(
        source=replace(source, rulebook_version=book.version, profile=book.profile),
        text=text,
        audio=audio,
        written=written(heard),
        remarks=remarks_of(labelled, heard, (text, *audio[-1:])),
    )


def told_by(evaluation: Evaluation, label_model: LabelModel) -> Evaluation:
    """Return the evaluation with the label model that told the meaning."""
    return replace(evaluation, source=replace(evaluation.source, label_model=label_model))


def judge_plays(
    labelled: LabelledFolder, book: Rulebook, overrides: Overrides = pipeline.NO_OVERRIDES
) -> tuple[JudgedItems, Mapping[str, tuple[Span, ...]]]:
    """Judge every play as if it had been heard without an error; and when its encounters were, by stem.

    A play that is divided otherwise than `expected.yml` says tells no times.
    """
    found: list[ComparedEncounter] = []
    divisions: list[EncounterCount] = []
    spans: dict[str, tuple[Span, ...]] = {}
    for item in labelled.items:
        if item.play:
            encounters = pipeline.audit_transcript(item.play, book, overrides).encounters
            found += compare(item.stem, item.expected, encounters)
            divisions.append(EncounterCount(stem=item.stem, wanted=len(item.expected), found=len(encounters)))
            spans[item.stem] = encounters if divisions[-1].agrees else ()
    return JudgedItems(name=TEXT, title="文字", compared=tuple(found), divisions=tuple(divisions)), spans


def audit_all(items: Iterator[tuple[Item, Advance]], hear: AuditRecording, folder: Path) -> Iterator[RecognisedItem]:
    """Hear each recording once and keep its audit in `folder`. Sound that cannot be used is told, not raised."""
    for item, advance in items:
        assert item.recording is not None
        path = folder / f"{item.stem}{formats.AUDIT_SUFFIX}"
        try:
            formats.save(hear(item.recording, advance), path)
            yield RecognisedItem(item=item, path=path)
        except AudioError as problem:
            yield RecognisedItem(item=item, path=None, problem=str(problem))


def judge_recordings(
    heard: Sequence[RecognisedItem], book: Rulebook, spans: Mapping[str, tuple[Span, ...]]
) -> tuple[JudgedItems, ...]:
    """Judge what was heard once for each layer; `spans` say when the encounters of a stem were, where known."""
    return tuple(_level(level, heard, spans) for level in levels(book))


def written(heard: Sequence[RecognisedItem]) -> tuple[GroupErrors, ...]:
    """Return the character errors of recordings that have a play, telephone and counter apart."""
    groups: dict[str, list[Errors]] = {}
    for one in heard:
        if one.item.play and one.path:
            saved = formats.read_transcript(one.path)
            said = plays.parse(formats.read_text(one.item.play), str(one.item.play)).transcript
            errors = characters.errors_of(said, formats.transcript_of(saved))
            groups.setdefault(saved.setting or "counter", []).append(errors)
    return tuple(GroupErrors(group=group, errors=tuple(errors)) for group, errors in sorted(groups.items()))


def measure_clips(
    folder: Path, jobs: Iterator[tuple[clips.Clip, Advance]], write: Write, made_by: MadeBy
) -> Evaluation:
    """Return the character errors of single clips; one in which nobody is heard counts as nothing written down."""
    groups: dict[str, list[Errors]] = {}
    remarks, files = [], [folder / clips.MANIFEST]
    for clip, advance in jobs:
        files.append(clip.path)
        try:
            text = write(clip.path, advance)
        except AudioError as problem:
            text = ""
            remarks.append(str(problem))
        groups.setdefault(clip.group, []).append(characters.errors(clip.text, text))
    found = tuple(GroupErrors(group=group, errors=tuple(errors)) for group, errors in sorted(groups.items()))
    return Evaluation(source=_source(folder, iter(files), made_by), written=found, remarks=tuple(remarks))


def remarks_of(
    labelled: LabelledFolder, heard: Sequence[RecognisedItem], judged: Sequence[JudgedItems]
) -> tuple[str, ...]:
    """Return what a reader must know, in Chinese: files left out, sound not heard, services divided otherwise."""
    unlisted = [f"“{stem}”没有写进 {labels.EXPECTED},未计入" for stem in labelled.unlisted]
    unheard = [f"{one.problem}(按“未评”计)" for one in heard if one.problem]
    return (*unlisted, *unheard, *(remark for one in judged for remark in _divided_otherwise(labelled, one)))


def _divided_otherwise(labelled: LabelledFolder, judged: JudgedItems) -> Iterator[str]:
    where = f"{labelled.folder / labels.EXPECTED}"
    source = "剧本" if judged.name == TEXT else "录音"
    for division in judged.divisions:
        if division.found is not None and not division.agrees:
            counts = f"写了 {division.wanted} 次服务,程序在{source}里分出 {division.found} 次"
            yield f"{where}:“{division.stem}”{counts}。如果次数写错了,请改正"


def _level(level: Level, heard: Sequence[RecognisedItem], spans: Mapping[str, tuple[Span, ...]]) -> JudgedItems:
    found: list[ComparedEncounter] = []
    divisions: list[EncounterCount] = []
    for one in heard:
        stem, expected = one.item.stem, one.item.expected
        encounters = _judge_again(one.path, level) if one.path else ()
        found += compare(stem, expected, encounters, spans.get(stem, ()))
        divisions.append(EncounterCount(stem=stem, wanted=len(expected), found=len(encounters) if one.path else None))
    return JudgedItems(name=level.name, title=level.title, compared=tuple(found), divisions=tuple(divisions))


def _judge_again(path: Path, level: Level) -> tuple[Encounter, ...]:
    """The encounters of a saved audit, judged with the layers of this level."""
    saved = formats.read_transcript(path)
    recording = formats.recording_of(saved.file or path.name, saved, None, None)
    words = level.words(formats.transcript_of(saved))
    return pipeline.judge_transcript(level.book, recording, words, saved.made_by or pipeline.BY_HAND).encounters


def _source(folder: Path, files: Iterator[Path], made_by: MadeBy | None) -> Provenance:
    fingerprint, changed = labels.fingerprint(files)
    today = datetime.now(UTC).date()
    return Provenance(folder=str(folder), fingerprint=fingerprint, changed=changed, measured=today, made_by=made_by)
