"""A Whisper of any size with random weights, in CTranslate2's format: for speed, where the real one cannot be had.

Written after the embedded base, tensor by tensor, with other widths and numbers of layers; it hears nothing.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from speechaudit.asr.registry import completing, ct2file
from speechaudit.asr.registry.ct2file import Tensor
from speechaudit.asr.weights import embedded_model

SPREAD: Final = 0.02  # of the weights, as they are set before training


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Layers of encoder and decoder, width, heads, mel bands and tokens."""

    encoder: int
    decoder: int
    width: int
    heads: int
    mels: int = 80
    tokens: int = 51865

    def of(self, dimension: int) -> int:
        """Return the dimension that stands here for one of base."""
        own = {51865: self.tokens, 80: self.mels} | {512 * n: self.width * n for n in (1, 2, 3, 4)}
        return own.get(dimension, dimension)


BASE: Final = Size(encoder=6, decoder=6, width=512, heads=8)
TURBO: Final = Size(encoder=32, decoder=4, width=1280, heads=20, mels=128, tokens=51866)
TINY: Final = Size(encoder=2, decoder=2, width=64, heads=2, mels=128, tokens=51866)


def write(folder: Path, size: Size) -> Path:
    """Write a complete model folder with random weights of this size, the same each time."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(0)
    with (embedded_model() / "model.bin").open("rb") as base, (folder / "model.bin").open("wb") as file:
        known = ct2file.tensors(Path(base.name))
        names = list(_names(known, size))
        file.write(struct.pack("<I", 6) + _string("WhisperSpec") + struct.pack("<II", 3, len(names)))
        for name, like in names:
            _tensor(file, name, known[like], size, (base, chance))
        file.write(struct.pack("<I", 1) + _string("decoder/projection/weight") + _string("decoder/embeddings/weight"))
    (folder / "vocabulary.json").write_text(json.dumps(completing.standard_vocabulary(size.tokens)), encoding="utf-8")
    completing.complete(folder)
    return folder


def _names(known: dict[str, Tensor], size: Size) -> Iterator[tuple[str, str]]:
    """Yield the name of each tensor, and that of base which it is like."""
    for name in known:
        side, layer, *rest = name.split("/")
        if not layer.startswith("layer_") or not layer.removeprefix("layer_").isdigit():
            yield name, name
        elif layer == "layer_0":
            for number in range(size.encoder if side == "encoder" else size.decoder):
                yield "/".join((side, f"layer_{number}", *rest)), name


def _tensor(file: BinaryIO, name: str, like: Tensor, size: Size, sources: tuple[BinaryIO, np.random.Generator]) -> None:
    base, chance = sources
    shape = tuple(size.of(dimension) for dimension in like.shape)
    if not shape:
        base.seek(like.offset)
        content = struct.pack("<h", size.heads) if name.endswith("/num_heads") else base.read(like.size)
        if name.endswith("/alignment_layer"):
            content = struct.pack("<h", min(size.decoder - 1, struct.unpack("<h", content)[0]))
    elif name.endswith("/gamma"):
        content = np.ones(shape, np.float16).tobytes()
    else:
        content = (chance.standard_normal(shape, np.float32) * SPREAD).astype(np.float16).tobytes()
    kind = ct2file.TYPES.index(like.dtype)
    head = struct.pack(f"<B{len(shape)}IBI", len(shape), *shape, kind, len(content))
    file.write(_string(name) + head + content)


def _string(text: str) -> bytes:
    return struct.pack("<H", len(text) + 1) + text.encode() + b"\0"
