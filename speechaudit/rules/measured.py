"""How right each rule was when it was last measured: written by `speechaudit evaluate`, kept beside the rules."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from speechaudit.policy import StrictModel, Text
from speechaudit.rules.reading import validated

NAME: Final = "measured.yml"
FEW: Final = 10  # verdicts under which a share says little
Source = Literal["text", "audio"]
SOURCES: Final[Mapping[Source, str]] = {"text": "剧本", "audio": "录音"}
_Share = Annotated[float, Field(ge=0, le=1)]
_Number = Annotated[int, Field(ge=0)]


class Precision(StrictModel):
    """Of the verdicts that a rule gave (`of`), those that were right (`hits`); the 95 % interval of their share."""

    hits: _Number
    of: _Number
    low: _Share
    high: _Share


class RulePrecision(StrictModel):
    """Precision of a rule's `fail` and `pass`; None where it gave none."""

    failed: Precision | None = None
    passed: Precision | None = None


class Measured(StrictModel):
    """Precision of each rule on plays and on recordings: the day, the recogniser and the version of the rules."""

    on: Text
    model: Text
    rulebook_version: Text
    text: dict[Text, RulePrecision] = Field(default_factory=dict)
    audio: dict[Text, RulePrecision] = Field(default_factory=dict)

    def of(self, rule: str) -> dict[Source, RulePrecision]:
        """Return what was measured of a rule, by source; what gave no verdict is left out."""
        found: dict[Source, RulePrecision | None] = {"text": self.text.get(rule), "audio": self.audio.get(rule)}
        return {source: figures for source, figures in found.items() if figures}


def read(folder: Path) -> Measured | None:
    """Read what was measured of the rules of a folder; None if nobody did. Raises RulebookError."""
    return validated(Measured, folder / NAME) if (folder / NAME).is_file() else None
