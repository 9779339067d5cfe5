"""The files beside the weights that faster-whisper needs, made where a model comes without them.

Without preprocessor_config.json it takes 80 mel bands where large-v3 has 128 (faster-whisper issue 593); without
tokenizer.json it asks the hub; without alignment heads CTranslate2 takes half of all layers, which blurs word times.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any, Final

from speechaudit.asr.registry.ct2file import Shape, shape_of
from speechaudit.asr.registry.records import WEIGHTS
from speechaudit.asr.registry.sources import json_of
from speechaudit.asr.weights import embedded_model
from speechaudit.errors import ModelError

TOKENIZER, PREPROCESSOR, CONFIG = "tokenizer.json", "preprocessor_config.json", "config.json"
BESIDE: Final = (TOKENIZER, PREPROCESSOR)
WORDS: Final = 50257  # tokens of words, the same and in the same order in every multilingual Whisper
CHINESE: Final = "<|zh|>"
_FIRST_TIME: Final = "<|0.00|>"
_LANGUAGE: Final = re.compile(r"<\|[a-z]{2,3}\|>")
# (layers, heads of the decoder, tokens) → those that follow the sound: CTranslate2's converter and, for the last,
# generation_config.json of openai/whisper-large-v3-turbo. large-v1 has the shape of v2, on which fine-tunes stand.
_HEADS: Final = {
    (4, 6, 51865): "2.2 3.0 3.2 3.3 3.4 3.5",
    (6, 8, 51865): "3.1 4.2 4.3 4.7 5.1 5.2 5.4 5.6",
    (12, 12, 51865): "5.3 5.9 8.0 8.4 8.7 8.8 9.0 9.7 9.9 10.5",
    (24, 16, 51865): "13.15 15.4 15.15 16.1 20.0 23.4",
    (32, 20, 51865): "10.12 13.17 16.11 16.12 16.13 17.15 17.16 18.4 18.11 18.19 19.11 21.2 21.3 22.3 22.9 22.12 23.5 "
    "23.7 23.13 25.5 26.1 26.12 27.15",
    (32, 20, 51866): "7.0 10.17 12.18 13.12 16.1 17.14 19.11 21.4 24.1 25.6",
    (4, 20, 51866): "2.4 2.11 3.3 3.6 3.11 3.14",
}


def complete(folder: Path) -> tuple[str, ...]:
    """Make what is missing beside `model.bin`, and return what that was. Raises ModelError if it cannot be made.

    The features are written for the bands that the encoder takes, whatever the folder said of them.
    """
    shape, tokens = shape_of(folder / WEIGHTS), vocabulary(folder)
    if CHINESE not in tokens:
        raise ModelError(folder, "这个模型不会中文", "请使用多语言的 Whisper,例如 large-v3-turbo 的中文微调")
    made = [name for name in BESIDE if not (folder / name).is_file()]
    _write(folder / PREPROCESSOR, _features(shape.mels))
    if TOKENIZER in made:
        _write(folder / TOKENIZER, tokenizer(tokens))
    return (*made, *_configured(folder, shape, tokens))


def _features(mels: int) -> dict[str, int]:
    """The features of every Whisper; only the number of bands differs."""
    return {"feature_size": mels, "sampling_rate": 16000, "hop_length": 160, "chunk_length": 30, "n_fft": 400}


def vocabulary(folder: Path) -> list[str]:
    """Return the tokens of a CTranslate2 folder in order. Raises ModelError if there are none."""
    if (folder / "vocabulary.json").is_file():
        found = json_of(folder / "vocabulary.json")
        if isinstance(found, list) and all(isinstance(token, str) for token in found):
            return found
    if (folder / "vocabulary.txt").is_file():
        return (folder / "vocabulary.txt").read_text(encoding="utf-8").split("\n")
    raise ModelError(folder, "缺少 vocabulary.json", "请重新下载完整,或用 Transformers 格式的文件夹登记")


def tokenizer(tokens: Sequence[str]) -> dict[str, Any]:
    """Return the tokenizer of a Whisper with this vocabulary: the embedded one's words, with its own special tokens.

    Raises ModelError if the words are not those of a multilingual Whisper.
    """
    known: dict[str, Any] = json_of(embedded_model() / TOKENIZER)
    words = known["model"]["vocab"]
    own = {token: number for number, token in enumerate(tokens[:WORDS]) if token}
    if any(words.get(token) != number for token, number in own.items()):
        cure = "请把模型的 tokenizer.json 放进文件夹"
        raise ModelError("vocabulary.json", "词表不是多语言 Whisper 的,也没有 tokenizer.json", cure)
    special = list(enumerate(tokens))[WORDS:]
    first_time = next((number for number, token in special if token == _FIRST_TIME), len(tokens))
    known["added_tokens"] = [_added(number, token, number < first_time) for number, token in special if token]
    known["post_processor"] = None  # faster-whisper encodes without special tokens
    return known


def _added(number: int, token: str, special: bool) -> dict[str, Any]:
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": not special, "special": special}
    return {"id": number, "content": token, **flags}


def _configured(folder: Path, shape: Shape, tokens: Sequence[str]) -> Iterator[str]:
    """Yield what config.json did not tell CTranslate2, or told it too broadly, after it was written there."""
    config = json_of(folder / CONFIG) if (folder / CONFIG).is_file() else {}
    if not isinstance(config, dict):
        raise ModelError(folder / CONFIG, "不是模型的配置", "请重新下载完整")
    config = {name: value for name, value in config.items() if value is not None}
    told = {"suppress_ids": [], "suppress_ids_begin": [], "lang_ids": languages(tokens)} | config
    told["lang_ids"] = told["lang_ids"] or languages(tokens)
    named, known = config.get("alignment_heads") or [], heads_of(shape.layers, shape.heads, shape.tokens)
    if not named or (known and len(named) >= shape.layers * shape.heads // 2):
        half = product(range(shape.layers // 2, shape.layers), range(shape.heads))
        told["alignment_heads"] = [list(head) for head in known or half]
        yield "alignment_heads" if known else "alignment_heads (upper half)"
    _write(folder / CONFIG, told)


def languages(tokens: Sequence[str]) -> list[int]:
    """Return the numbers of the language tokens."""
    return [number for number, token in enumerate(tokens) if number >= WORDS and _LANGUAGE.fullmatch(token)]


def heads_of(layers: int, heads: int, tokens: int) -> tuple[tuple[int, int], ...]:
    """Return the heads (layer, head) that follow the sound in OpenAI's model of this shape; empty if it is another."""
    pairs = (head.split(".") for head in _HEADS.get((layers, heads, tokens), "").split())
    return tuple((int(layer), int(head)) for layer, head in pairs)


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def standard_vocabulary(count: int) -> list[str]:
    """Return the tokens of OpenAI's multilingual Whisper with so many: large-v3 has one more, for Cantonese.

    Raises ModelError for other counts.
    """
    tokens: list[str] = json_of(embedded_model() / "vocabulary.json")
    if count == len(tokens) + 1:
        at = tokens.index("<|translate|>")
        tokens = [*tokens[:at], "<|yue|>", *tokens[at:]]
    if count != len(tokens):
        cure = "请把模型的 tokenizer.json 放进文件夹"
        raise ModelError("vocab_size", f"不是多语言 Whisper 的词表({count} 个词),也没有 tokenizer.json", cure)
    return tokens
