"""Samples cut into pieces of one size: side by side for figures of each, overlapping for spectra."""

from __future__ import annotations

from typing import Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
Spectra = npt.NDArray[np.complex64]
Kind = TypeVar("Kind", bound=np.generic)


def in_frames(
    samples: npt.NDArray[Kind], size: int, padding: Literal["constant", "edge"] = "constant"
) -> npt.NDArray[Kind]:
    """Return samples of shape (..., n) as frames side by side, shape (..., frames, size).

    The last frame is filled up with zeros, or with the last sample (`edge`).
    """
    missing = [(0, 0)] * (samples.ndim - 1) + [(0, -samples.shape[-1] % size)]
    whole: Any = np.pad(samples, missing, mode=padding)
    found: npt.NDArray[Kind] = whole.reshape(*samples.shape[:-1], -1, size)
    return found


def windows(samples: Samples, size: int, hop: int) -> Samples:
    """Return windows of `size` samples that begin every `hop`, shape (windows, size).

    There is one at least, filled up with zeros.
    """
    padded = np.pad(samples, (0, max(0, size - len(samples))))
    found: Samples = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
    return found


def spectra(cut: Samples) -> Spectra:
    """Return the spectrum of each window under a Hann window, shape (windows, size // 2 + 1)."""
    from scipy.fft import rfft

    found: Spectra = rfft(cut * np.hanning(cut.shape[1]).astype(np.float32))
    return found
