"""What other programs use, as `speechaudit.NAME`: docs/library.md. All other modules may change at any time.

The package loads this module when the first of its names is asked for, so that `import speechaudit` costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from speechaudit.errors import SpeechAuditError
from speechaudit.formats import read_audit
from speechaudit.formats import save as save_audit
from speechaudit.model import Audit, Recording, Segment, Transcript
from speechaudit.pipeline import Overrides, audit_recording, audit_transcript, judge_transcript
from speechaudit.rules.rulebook import Rulebook
from speechaudit.rules.rulebook import load as load_rules

if TYPE_CHECKING:
    from speechaudit.asr.transcriber import Transcriber

__all__ = [
    "Audit",
    "Overrides",
    "Recording",
    "Segment",
    "SpeechAuditError",
    "Transcript",
    "audit_recording",
    "audit_transcript",
    "judge_transcript",
    "load_recogniser",
    "load_rules",
    "read_audit",
    "save_audit",
    "write_reports",
]


def load_recogniser(model: str | None = None, device: str | None = None) -> Transcriber:
    """Load a Whisper model by name (`large-v3-turbo`), hub id or folder; None takes the best that is installed.

    `device` is `cpu`, `cuda` or None for whatever works. Loading takes seconds: load once, use for many recordings.
    Raises ModelError.
    """
    from speechaudit.asr import whisper

    return whisper.load(model, device)


def write_reports(audits: Sequence[Audit], rules: Rulebook, folder: Path) -> tuple[Path, ...]:
    """Write a report for each member of staff and an overview, as HTML, XLSX, DOCX and JSON.

    Return the paths written, the overview first. Raises InputError without audits or a folder that can be written.
    """
    from speechaudit import reports

    return reports.write(reports.build(audits, reports.ReportSettings.of(rules.policy)), folder)
