"""The exception tree. Users read these messages, so they are in Chinese and name the thing and the cure.

SpeechAuditError
├── InputError          a file or field that the user gave
│   ├── AudioError      the sound cannot be read or used
│   ├── SidecarError    the metadata beside a recording
│   └── TranscriptError a saved transcript or a play
├── RulebookError       a rule, list, ledger, profile or policy file
├── ModelError          a model that cannot be found or loaded
└── MissingPartError    a library or a font of the machine, without which one output cannot be made
"""

from __future__ import annotations

from collections.abc import Sequence


def printable(name: object) -> str:
    """Return a path as one line of UTF-8: line breaks and bytes that are no text are written as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(name))


class SpeechAuditError(Exception):
    """Base of all errors that are meant for the user.

    `where` is the file (and, if known, line or field), `problem` what is wrong with it, `cure` what to do; what they
    quote cannot steer a terminal. `code` is that of `reasons.failure_of`: of the class, or of what is wrong where that
    is counted apart.
    """

    code = "service-error"

    def __init__(self, where: object, problem: str, cure: str, *, code: str = "") -> None:
        self.where = printable(where)
        self.code = code or type(self).code
        super().__init__("\n".join(map(printable, f"{self.where}:{problem}。{cure}".split("\n"))))
        self.problem = problem
        self.cure = cure


class InputError(SpeechAuditError):
    """A file or a field that the user gave cannot be used."""

    code = "input-unusable"


class AudioError(InputError):
    """The sound of a recording cannot be read or used."""

    code = "audio-unusable"


class SidecarError(InputError):
    """The metadata beside a recording are wrong."""

    code = "sidecar-wrong"


class TranscriptError(InputError):
    """A saved transcript or a play is wrong."""

    code = "transcript-wrong"


class RulebookError(SpeechAuditError):
    """A rule, list, ledger, profile or policy file is wrong; `others` are what else is wrong in the same folder."""

    code = "rulebook-wrong"
    others: tuple[RulebookError, ...] = ()

    @classmethod
    def of(cls, faults: Sequence[RulebookError]) -> RulebookError:
        """Return the first of at least one error, which brings the others along, each once."""
        every = list({str(own): own for fault in faults for own in fault.every}.values())
        every[0].others = tuple(every[1:])
        return every[0]

    @property
    def every(self) -> tuple[RulebookError, ...]:
        """This one and the others."""
        return (self, *self.others)


class ModelError(SpeechAuditError):
    """A model cannot be found or loaded."""

    code = "model-unusable"


class MissingPartError(SpeechAuditError):
    """Something of the machine is missing that one output needs: a library or a font."""

    code = "part-missing"
