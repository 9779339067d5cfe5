"""The labels of transcripts that another model had told before: whoever changes a rule tries it again and again."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from service.store.audits import TranscriptRecord
from speechaudit.model import Label

if TYPE_CHECKING:
    from speechaudit.model import Transcript

MOST_RECORDINGS: Final = 20_000
# A sum over the label model and what was heard, and the labels, packed.
KeptLabels = tuple[bytes, bytes]


class TrialLabels:
    """Labels by recording, packed and without words: as many as a trial may have recordings.

    What another model or another hearing told is told anew.
    """

    def __init__(self, most: int = MOST_RECORDINGS) -> None:
        self.told: dict[int, KeptLabels] = {}  # what the model was asked since the last `taken`
        self._most = most
        self._kept: dict[int, KeptLabels] = {}

    def relabelled(self, recording_id: int, heard: TranscriptRecord, folder: Path | None) -> TranscriptRecord:
        """Return what was heard with the labels of the model that is in force in this folder. Raises ModelError."""
        from speechaudit.classifiers import relabelled

        tell = partial(self._tell, recording_id)
        transcript, made_by = relabelled(heard.transcript, heard.made_by, folder, tell)
        return replace(heard, transcript=transcript, made_by=made_by)

    def _tell(self, recording_id: int, transcript: Transcript, folder: Path | None) -> Transcript:
        from speechaudit.classifiers import label, label_model

        heard = f"{label_model(folder).sha256} {transcript.segments!r}"
        key = hashlib.sha256(heard.encode("utf-8", "backslashreplace")).digest()
        known, packed = self._kept.get(recording_id, (b"", b""))
        if known == key:
            return _labelled(transcript, packed)
        told = label(transcript, folder)
        self.told[recording_id] = key, _packed(told)
        self.learn(self.told)
        return told

    def taken(self) -> Mapping[int, KeptLabels]:
        """Return what the model was asked since this was last asked for."""
        told, self.told = self.told, {}
        return told

    def known(self, recording_ids: Iterable[int]) -> Mapping[int, KeptLabels]:
        """Return what is kept of these recordings."""
        return {each: self._kept[each] for each in recording_ids if each in self._kept}

    def learn(self, labels: Mapping[int, KeptLabels]) -> None:
        """Keep labels that were told here or elsewhere, as long as there is room."""
        for recording_id, told in labels.items():
            if recording_id in self._kept or len(self._kept) < self._most:
                self._kept[recording_id] = told


def _packed(transcript: Transcript) -> bytes:
    labels = [[(each.name, each.confidence) for each in segment.labels] for segment in transcript.segments]
    return zlib.compress(json.dumps(labels).encode())


def _labelled(transcript: Transcript, packed: bytes) -> Transcript:
    kept = json.loads(zlib.decompress(packed))
    labels = (tuple(Label(name=name, confidence=confidence) for name, confidence in own) for own in kept)
    segments = (replace(each, labels=own) for each, own in zip(transcript.segments, labels, strict=True))
    return replace(transcript, segments=tuple(segments))
