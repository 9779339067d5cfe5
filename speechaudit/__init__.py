"""Audits how staff of service windows speak. What other programs may use is listed here: docs/library.md."""

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from speechaudit.library import (
        Audit,
        Overrides,
        Recording,
        Segment,
        SpeechAuditError,
        Transcript,
        audit_recording,
        audit_transcript,
        judge_transcript,
        load_recogniser,
        load_rules,
        read_audit,
        save_audit,
        write_reports,
    )

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
__version__ = "0.1.0"

# Nothing leaves the machine. ONNX Runtime reports its use to its maker unless this is set before it is loaded
# (github.com/microsoft/onnxruntime/pull/27379); huggingface_hub tells what asks for a model.
os.environ.update(ORT_DISABLE_TELEMETRY="1", HF_HUB_DISABLE_TELEMETRY="1", DO_NOT_TRACK="1")


def __getattr__(name: str) -> Any:
    """Load the library when one of its names is asked for (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from speechaudit import library

    return getattr(library, name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
