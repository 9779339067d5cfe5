"""The sound in which voices are told apart, as the networks read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from speechaudit.model import Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE = 16000


class SampleReader(Protocol):
    """One channel at 16 kHz, read piece by piece, so that memory does not grow with its length."""

    @property
    def duration(self) -> float:
        """Length in seconds."""

    @property
    def speech(self) -> tuple[Span, ...]:
        """Where somebody speaks, ordered: parted at every pause of a tenth of a second."""

    def read(self, span: Span) -> NDArray[np.float32]:
        """Return the samples of `span`, shape (n,), -1 to 1; what lies outside of the sound is left out."""
