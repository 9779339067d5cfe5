"""What a folder with a model holds: told apart, and refused in plain words where it cannot be used."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from speechaudit.asr.registry import ct2file
from speechaudit.asr.registry.records import WEIGHTS
from speechaudit.errors import ModelError

Kind = Literal["transformers", "ctranslate2"]
ENGLISH_ONLY: Final = 51864  # tokens of a Whisper that knows no other language; multilingual ones have more
_POINTER: Final = b"version https://git-lfs"
_SAFE: Final = "*.safetensors"
_PICKLED: Final = "pytorch_model*.bin"
_ONE_OF: Final = "请给出 Transformers 格式(config.json 和 model.safetensors)或 CTranslate2 格式(model.bin)的文件夹"
_AGAIN: Final = "请重新下载完整"
_MOST_JSON: Final = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A folder with a multilingual Whisper, in one of two formats. `pickled`: its weights are no safetensors."""

    folder: Path
    kind: Kind
    pickled: bool = False

    @property
    def size(self) -> int:
        """Bytes of the weights."""
        return sum(path.stat().st_size for path in weights(self.folder))


def weights(folder: Path) -> list[Path]:
    """Return the files of weights that are used: CTranslate2's, else safetensors, else pickled ones."""
    for pattern in (WEIGHTS, _SAFE, _PICKLED):
        if found := sorted(folder.glob(pattern)):
            return found
    return []


def recognised(folder: Path) -> Given:
    """Tell what the folder holds. Raises ModelError if it is no complete multilingual Whisper."""
    if not folder.is_dir():
        raise ModelError(folder, "没有这个文件夹", _ONE_OF)
    config = json_of(folder / "config.json") if (folder / "config.json").is_file() else None
    found = weights(folder)
    if not found:
        raise _no_weights(folder, config)
    if broken := [path.name for path in found if _is_pointer(path)]:
        cure = "请在下载处运行 git lfs pull,或用模型库编号登记"
        raise ModelError(folder, f"只有 Git LFS 的指针,没有权重:{'、'.join(broken)}", cure)
    if found[0].name == WEIGHTS:
        if ct2file.shape_of(found[0]).tokens <= ENGLISH_ONLY:
            raise only_english(folder)
        return Given(folder=folder, kind="ctranslate2")
    if config is None:
        raise ModelError(folder, "缺少 config.json", _AGAIN)
    _refuse_other_models(folder, config)
    _refuse_missing_parts(folder)
    return Given(folder=folder, kind="transformers", pickled=found[0].suffix == ".bin")


def _no_weights(folder: Path, config: Any) -> ModelError:
    if list(folder.glob("*.incomplete")) or list(folder.glob("*.safetensors.index.json")):
        return ModelError(folder, "没有下载完", _AGAIN)
    if list(folder.glob("*.pt")):
        return ModelError(folder, "是 OpenAI 原来的 .pt 格式", _ONE_OF)
    problem = "里面没有模型" if config is None else "只有 config.json,没有权重"
    return ModelError(folder, problem, _ONE_OF)


def json_of(path: Path) -> Any:
    """Read a JSON file of a model. Raises ModelError if it is none, or beyond all measure."""
    try:
        if path.stat().st_size > _MOST_JSON:
            raise ModelError(path, "文件太大,不像是模型的", _AGAIN)
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as problem:
        raise ModelError(path, "不是正确的 JSON", _AGAIN) from problem


def _is_pointer(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_POINTER)) == _POINTER


def _refuse_other_models(folder: Path, config: Any) -> None:
    kind = config.get("model_type") if isinstance(config, dict) else None
    if kind != "whisper":
        raise ModelError(folder, f"不是 Whisper 模型(model_type:{kind})", "只能登记 Whisper 及其微调模型")
    tokens = config.get("vocab_size")
    if isinstance(tokens, int) and tokens <= ENGLISH_ONLY:
        raise only_english(folder)


def only_english(where: object) -> ModelError:
    """Return the error for a model that knows no Chinese."""
    return ModelError(where, "这个模型只会英语", "请使用多语言的 Whisper,例如 large-v3-turbo 的中文微调")


def _refuse_missing_parts(folder: Path) -> None:
    """Large weights come in several files, listed in an index."""
    for index in (*folder.glob("*.safetensors.index.json"), *folder.glob("pytorch_model.bin.index.json")):
        listed = json_of(index)
        names = set(listed.get("weight_map", {}).values()) if isinstance(listed, dict) else set()
        if missing := sorted(str(name) for name in names if not (folder / str(name)).is_file()):
            raise ModelError(folder, f"没有下载完,缺少 {'、'.join(missing)}", _AGAIN)
