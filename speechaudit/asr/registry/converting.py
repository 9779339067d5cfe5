"""From a folder as it was downloaded to a folder that faster-whisper can use."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from speechaudit.asr.registry import completing
from speechaudit.asr.registry.records import KEPT, ComputeType
from speechaudit.asr.registry.shelf import room_for
from speechaudit.asr.registry.sources import Given
from speechaudit.errors import ModelError

LONGEST: Final = 2 * 3600  # seconds: large-v3 takes minutes, and what takes longer has run out of memory
_OURS: Final = "speechaudit.errors.ModelError: "
_QUIET: Final = {
    "HF_HUB_OFFLINE": "1",  # all it needs lies in the folder
    "TRANSFORMERS_VERBOSITY": "error",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


def convert(source: Given, target: Path, compute_type: ComputeType) -> tuple[str, ...]:
    """Make a complete CTranslate2 folder of the source in the empty folder `target`; return what was missing.

    Weights that are CTranslate2's already are taken as they are. Raises ModelError.
    """
    room_for(source.size, target)
    if source.kind == "ctranslate2":
        _copied(source.folder, target)
    else:
        _transformed(source, target, compute_type)
    lacking = tuple(name for name in completing.BESIDE if not (source.folder / name).is_file())
    return (*lacking, *(name for name in completing.complete(target) if name not in completing.BESIDE))


def _copied(folder: Path, target: Path) -> None:
    for path in (folder / name for name in KEPT):
        if path.is_file():
            shutil.copyfile(path, target / path.name)


def _transformed(source: Given, target: Path, compute_type: ComputeType) -> None:
    """Convert in a process of its own: several GB of memory come back, and whatever breaks there breaks only that."""
    if find_spec("transformers") is None:
        cure = "请安装:pip install 'speechaudit[convert]';或在别的机器上转换,再用 model export 和 import 搬来"
        raise ModelError(source.folder, "转换需要 transformers", cure)
    command = [sys.executable, "-m", "speechaudit.asr.registry.conversion"]
    command += [
        str(source.folder.absolute()),
        str(target.absolute()),
        compute_type,
        *(["pickled"] if source.pickled else []),
    ]
    try:
        ran = subprocess.run(  # noqa: S603 - our own command # nosec B603
            command, env=os.environ | _QUIET, capture_output=True, text=True, timeout=LONGEST, check=False
        )
    except subprocess.TimeoutExpired as problem:
        raise ModelError(source.folder, "转换超过两小时", "请换一台内存更大的机器转换") from problem
    if ran.returncode:
        raise _failed(source, ran)


def _failed(source: Given, ran: subprocess.CompletedProcess[str]) -> ModelError:
    """Tell why the process ended, by its code and the last line that it left."""
    last = (ran.stderr.strip().splitlines() or [f"{ran.returncode}"])[-1][:300].removeprefix(_OURS)
    if ran.returncode == -signal.SIGKILL or "MemoryError" in last:
        return ModelError(source.folder, "内存不够,转换被中止", "请换一台内存更大的机器转换(至少是权重文件的两倍)")
    if "No space left" in last:
        return ModelError(source.folder, "磁盘空间不够", "请腾出空间再试")
    if "UnpicklingError" in last or "Weights only load failed" in ran.stderr:
        cure = "请改用 safetensors 格式的权重:.bin 里可以藏程序,这里只读其中的数字"
        return ModelError(source.folder, "pytorch_model.bin 里不只是权重,没有载入", cure)
    cure = "文件可能不完整或已损坏,请重新下载;或改用 CTranslate2 格式的模型"
    return ModelError(source.folder, f"转换失败({last})", cure)
