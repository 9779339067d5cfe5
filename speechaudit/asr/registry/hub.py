"""Models of the hub: what is needed of them fetched, what was fetched before taken up again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from speechaudit.asr.registry.records import WEIGHTS
from speechaudit.asr.registry.shelf import room_for
from speechaudit.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping

_ID: Final = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
_BESIDE: Final = ("*.json", "merges.txt", "vocabulary.txt", "README.md")
_WEIGHTS: Final = (WEIGHTS, "model*.safetensors", "pytorch_model*.bin")  # the first that is there is enough
_OFFLINE: Final = (
    "请检查网络,或设置 HF_ENDPOINT 为可用的镜像;也可以在能上网的机器上登记,再用 speechaudit model export 和 import 搬来"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A folder as it was downloaded, which version it is, and under which licence it was published."""

    folder: Path
    revision: str | None
    license: str | None


def is_id(text: str) -> bool:
    """Return whether the text is the id of a hub's model: owner/name."""
    return _ID.fullmatch(text) is not None


def fetched(model: str) -> Fetched:
    """Return what is needed of a model, downloaded into the hub's own cache. Raises ModelError.

    A download that was interrupted is taken up again. Of weights in several formats only one is taken.
    """
    from huggingface_hub import HfApi, constants, snapshot_download
    from huggingface_hub.errors import GatedRepoError, HTTPError, RepositoryNotFoundError  # type: ignore[attr-defined]

    if constants.HF_HUB_OFFLINE:
        raise ModelError(model, "设置了 HF_HUB_OFFLINE,不能下载", _OFFLINE)
    try:
        told = HfApi().model_info(model, files_metadata=True, timeout=30)
        sizes = {file.rfilename: file.size or 0 for file in told.siblings or ()}
        names = wanted(sizes, model)
        room_for(sum(sizes[name] for name in names), Path(constants.HF_HUB_CACHE))
        folder = Path(snapshot_download(model, revision=told.sha, allow_patterns=names))
    except GatedRepoError as problem:
        cure = "请在模型库的网页上同意后下载到文件夹,再登记文件夹"
        raise ModelError(model, "要先同意它的条款才能下载", cure) from problem
    except RepositoryNotFoundError as problem:
        raise ModelError(model, "模型库里没有这个模型", "请检查编号(所有者/名称),或给出本地文件夹") from problem
    except (HTTPError, OSError) as problem:
        raise ModelError(model, "下载失败", _OFFLINE) from problem
    return Fetched(folder=folder, revision=told.sha, license=_license(told.card_data))


def wanted(sizes: Mapping[str, int], model: str) -> list[str]:
    """Return which of a model's files are needed. Raises ModelError if it has no weights that can be used."""
    top = [name for name in sizes if "/" not in name]
    for pattern in _WEIGHTS:
        if weights := [name for name in top if fnmatch(name, pattern)]:
            return sorted({*weights, *(name for name in top if any(fnmatch(name, own) for own in _BESIDE))})
    cure = "请选 Transformers 格式(model.safetensors)或 CTranslate2 格式(model.bin)的模型"
    raise ModelError(model, "模型库里的这个模型没有可用的权重", cure)


def _license(card: Any) -> str | None:
    told = card.get("license") if card else None
    return told[:200] if isinstance(told, str) else None


def license_of(folder: Path) -> str | None:
    """Return the licence that the README of a downloaded model states; None where it states none."""
    try:
        with (folder / "README.md").open(encoding="utf-8", errors="replace") as file:
            head = file.read(1 << 16)
    except OSError:
        return None
    front = re.match(r"---\n(.*?)\n---", head, re.DOTALL)
    found = re.search(r"^license:\s*[\"']?([\w.+-]+)", front[1], re.MULTILINE) if front else None
    return found[1] if found else None
