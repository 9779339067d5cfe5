"""openai-whisper, the first Whisper, with the weights that CTranslate2 has: what is measured differs in code alone.

`pip install --no-deps openai-whisper==20250625 tiktoken==0.14.0 more-itertools==11.2.1` brings all that it needs beside
the packages of this project; without these three it is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechaudit.asr.registry import ct2file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

FRAMES, TEXT = "encoder/position_encodings/encodings", "decoder/position_encodings/encodings"
NORM, ATTENTION = "layer_norm", "attention"
PARTS = {"self_attention": "attn", ATTENTION: "cross_attn"}
OUTSIDE = {
    "encoder/conv1": "encoder.conv1",
    "encoder/conv2": "encoder.conv2",
    "encoder/layer_norm": "encoder.ln_post",
    "decoder/layer_norm": "decoder.ln",
    "decoder/embeddings": "decoder.token_embedding",
}
ENDS = {"gamma": "weight", "beta": "bias"}
KEY = "key"  # has no bias in the first Whisper; in CTranslate2's it is nought


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What was written down."""

    text: str


def available() -> bool:
    """Return whether openai-whisper is installed."""
    return find_spec("whisper") is not None and find_spec("tiktoken") is not None


def loaded(folder: Path) -> Any:
    """Return openai-whisper with the weights in CTranslate2's `folder`, as float32 on the processor."""
    import torch
    from whisper.model import ModelDimensions, Whisper

    path = folder / "model.bin"
    shape, found = ct2file.shape_of(path), arrays(path)
    (audio_frames, width), (text_tokens, _) = found[FRAMES].shape, found[TEXT].shape
    layers = {name.split("/")[1] for name in found if name.startswith("encoder/layer_") and "/ffn/" in name}
    sides = {"n_audio": (audio_frames, len(layers)), "n_text": (text_tokens, shape.layers)}
    sizes = {
        f"{side}_{name}": value
        for side, (context, depth) in sides.items()
        for name, value in (("ctx", context), ("state", width), ("head", shape.heads), ("layer", depth))
    }
    model = Whisper(ModelDimensions(n_mels=shape.mels, n_vocab=shape.tokens, **sizes))
    weights = {name: torch.from_numpy(value) for name, value in renamed(found)}
    model.load_state_dict(weights, strict=True)
    return model.eval()


def arrays(path: Path) -> dict[str, Floats]:
    """Return the weights in the file by CTranslate2's names, as float32."""
    import numpy as np

    return {
        name: np.fromfile(path, own.dtype, own.size // np.dtype(own.dtype).itemsize, offset=own.offset)
        .reshape(own.shape)
        .astype(np.float32)
        for name, own in ct2file.tensors(path).items()
        if own.shape
    }


def renamed(found: Mapping[str, Floats]) -> Iterator[tuple[str, Floats]]:
    """Yield the weights by the names of the first Whisper; joined query, key and value are parted."""
    yield "encoder.positional_embedding", found[FRAMES]
    yield "decoder.positional_embedding", found[TEXT]
    for name, value in found.items():
        place, _, kind = name.rpartition("/")
        end = ENDS.get(kind, kind)
        if place in OUTSIDE:
            yield f"{OUTSIDE[place]}.{end}", value
        elif "/layer_" in place:
            yield from _of_layer(place, end, value)


def _of_layer(place: str, end: str, value: Floats) -> Iterator[tuple[str, Floats]]:
    """Yield the weights of one part of a layer; `place` is like `decoder/layer_0/self_attention/linear_0`."""
    side, layer, part, piece = place.split("/")
    block = f"{side}.blocks.{layer.removeprefix('layer_')}"
    if part == "ffn":
        yield f"{block}.{'mlp_ln' if piece == NORM else {'linear_0': 'mlp.0', 'linear_1': 'mlp.2'}[piece]}.{end}", value
    elif piece == NORM:
        yield f"{block}.{PARTS[part]}_ln.{end}", value
    else:
        names = JOINED[part][piece]
        for name, own in zip(names, parted(value, len(names)), strict=True):
            if (name, end) != (KEY, "bias"):
                yield f"{block}.{PARTS[part]}.{name}.{end}", own


JOINED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "self_attention": {"linear_0": ("query", KEY, "value"), "linear_1": ("out",)},
    ATTENTION: {"linear_0": ("query",), "linear_1": (KEY, "value"), "linear_2": ("out",)},
}


def parted(value: Floats, count: int) -> list[Floats]:
    """Return `value` cut into `count` equal parts along its first axis."""
    import numpy as np

    return np.split(value, count)


def writing(model: Any) -> Callable[..., tuple[list[Written], None]]:
    """Return what writes samples of 16 kHz down as faster-whisper's `transcribe` does; a prompt is left away."""

    def write(samples: Floats, *, language: str, beam_size: int, **_: object) -> tuple[list[Written], None]:
        told = model.transcribe(samples, fp16=False, language=language, beam_size=beam_size)
        return [Written(text=told["text"])], None

    return write
