"""Which recogniser runs, and where: by name, hub id or folder, on the GPU if it works, else on the CPU."""

from __future__ import annotations

import ctypes
import os
import platform
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from speechaudit.asr.registry import records, shelf
from speechaudit.asr.trimming import trimmed
from speechaudit.asr.weights import embedded_model
from speechaudit.cache import sha256
from speechaudit.errors import ModelError
from speechaudit.reasons import Reason, because

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

BEST = "large-v3-turbo"
EMBEDDED = "whisper-base"

_ASK_SECONDS = 5.0
_MOST_THREADS = 4  # as CTranslate2 itself
_STREAMS = 2  # of a card: one computes while another's search waits for the processor
_SETS: Mapping[str, frozenset[str]] = {
    "AVX512": frozenset({"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"}),
    "AVX2": frozenset({"avx2"}),
    "AVX": frozenset({"avx"}),
}
_LIBRARIES = ("cublas/lib/libcublasLt.so.12", "cublas/lib/libcublas.so.12", "cudnn/lib/libcudnn.so.9")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel:
    """A recogniser ready to work. `limits` say what was not to be had.

    `threads` are those it uses on a CPU for one window, `streams` how many windows or batches it computes at once.
    """

    model: WhisperModel
    name: str
    folder: Path
    device: str
    compute_type: str
    limits: tuple[Reason, ...] = ()
    threads: int = 0
    streams: int = 1


def load_model(name: str | None, device: str | None) -> LoadedModel:
    """Load `name` on `device`, or the best of both where None. Raises `ModelError`.

    A registered name goes before folders and the hub's; without a name that of `speechaudit model use` is taken.
    From here on numpy's linear algebra computes with one thread in this process.
    """
    _multiply_alike()
    name = name or shelf.in_use()
    chosen = device or ("cuda" if cuda_devices() else "cpu")
    label, folder = _choose(name, chosen)
    if chosen == "cpu":
        return _load(label, folder, "cpu")
    try:
        return _load(label, folder, "cuda")
    except RuntimeError as error:
        if device:
            raise ModelError(
                label, f"无法在 GPU 上运行({error})", "请安装:pip install 'speechaudit[gpu]',或改用 CPU"
            ) from error
        label, folder = _choose(name, "cpu")
        return _load(label, folder, "cpu", (because("gpu-unusable", error=str(error)),))


def _multiply_alike() -> None:
    """Let BLAS use one thread: spectrograms are rounded by how many there are, and now and then a word hangs on it."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=1, user_api="blas")


def cuda_devices() -> int:
    """Return the number of CUDA devices that CTranslate2 sees."""
    import ctranslate2

    return int(ctranslate2.get_cuda_device_count())


def _choose(name: str | None, device: str) -> tuple[str, Path]:
    """Label and folder of the model that was asked for."""
    if name in (EMBEDDED, "base") or (name is None and device == "cpu"):
        return EMBEDDED, embedded_model()
    if name is None:
        best = _best()
        return (BEST, best) if best else (EMBEDDED, embedded_model())
    if registered := shelf.whole(name):
        return name, registered
    folder = Path(name).expanduser()
    if folder.is_dir():
        return name, _complete(folder)
    if folder.is_absolute() or name.startswith((".", "~")):
        raise ModelError(name, "模型文件夹不存在", "请检查路径,或写模型名称,例如 large-v3-turbo")
    return name, _cached(name) or _downloaded(name)


def _best() -> Path | None:
    """The large model if it is here or can be fetched."""
    try:
        return _cached(BEST) or (_downloaded(BEST) if _hub_answers() else None)
    except ModelError:
        return None


def _complete(folder: Path) -> Path:
    missing = [name for name in ("model.bin", "config.json", "tokenizer.json") if not (folder / name).is_file()]
    if missing:
        cure = "请使用 CTranslate2 格式的 Whisper 模型(ct2-transformers-converter --copy_files tokenizer.json)"
        raise ModelError(folder, f"模型文件夹里缺少 {'、'.join(missing)}", cure)
    return folder


def _cached(name: str) -> Path | None:
    """Folder of a model that was downloaded before."""
    from faster_whisper.utils import download_model
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return _complete(Path(download_model(name, local_files_only=True)))
    except (LocalEntryNotFoundError, ModelError):
        return None
    except ValueError as error:
        raise _unknown(name) from error


def _downloaded(name: str) -> Path:
    from faster_whisper.utils import download_model
    from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError

    try:
        return _complete(Path(download_model(name)))
    except (RepositoryNotFoundError, ValueError) as error:
        raise _unknown(name) from error
    except (HfHubHTTPError, OSError) as error:
        cure = "请检查网络或设置 HF_ENDPOINT;也可以把模型下载到文件夹,用 --model 文件夹,或不写 --model 使用内置模型"
        raise ModelError(name, "模型下载失败", cure) from error


def _unknown(name: str) -> ModelError:
    return ModelError(
        name, "没有这个模型", "可以写 large-v3-turbo、large-v3、medium、small、base,模型库编号(所有者/名称)或本地文件夹"
    )


def _hub_answers() -> bool:
    """Return whether the hub can be reached; a closed network must not cost minutes."""
    import socket
    from urllib.parse import urlsplit

    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return False
    address = urlsplit(constants.ENDPOINT)
    try:
        socket.create_connection((address.hostname or "", address.port or 443), _ASK_SECONDS).close()
    except OSError:
        return False
    return True


def _load(label: str, folder: Path, device: str, limits: tuple[Reason, ...] = ()) -> LoadedModel:
    """Load and, on a GPU, try it. Raises `RuntimeError` where the GPU fails, `ModelError` where the model does."""
    from faster_whisper import WhisperModel

    compute_type, threads = _compute_type(device), cpu_threads()
    cards = max(1, cuda_devices()) if device == "cuda" else 1
    each = _STREAMS if device == "cuda" else max(1, usable_cores() // threads)
    try:
        model = WhisperModel(
            str(trimmed(folder)),
            device=device,
            device_index=list(range(cards)),
            compute_type=compute_type,
            cpu_threads=threads,
            num_workers=each,
            local_files_only=True,
        )
        if device == "cuda":
            model.encode(np.zeros((model.model.n_mels, 3000), np.float32))
    except RuntimeError as error:
        if device == "cuda":
            raise
        raise ModelError(folder, f"模型无法载入({error})", "模型文件可能已损坏,请重新下载") from error
    if not model.model.is_multilingual:
        raise ModelError(label, "这个模型只会英语", "请使用多语言模型,例如 large-v3-turbo")
    loaded = LoadedModel(
        model=model,
        name=label,
        folder=folder,
        device=device,
        compute_type=compute_type,
        limits=limits,
        threads=threads,
        streams=cards * each,
    )
    return with_times(loaded, "own" if own_times(folder) else "alignment")


def own_times(folder: Path) -> bool:
    """Return whether the times that a model writes itself may be used; those of registered models were checked."""
    return not (folder / records.RECORD).is_file() or records.read(folder).check.times == "own"


def with_times(loaded: LoadedModel, times: records.Times) -> LoadedModel:
    """Return the model with a remark where its own times are wrong: audits never use them, and say so then."""
    if times == "own":
        return loaded
    told = because("times-from-alignment", model=loaded.name)
    return replace(loaded, limits=(*loaded.limits, told))


def cpu_threads() -> int:
    """Return how many threads one recogniser uses: $OMP_NUM_THREADS, else as many as there are cores, four at most."""
    told = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    return int(told) if told.isdecimal() and int(told) else min(_MOST_THREADS, os.cpu_count() or 1)


def usable_cores() -> int:
    """Return how many cores this process may use: an administrator may have given it some of them only."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def machine_settings(loaded: LoadedModel) -> dict[str, str]:
    """Return what else of machine and model decides what is heard: instructions, threads, thresholds."""
    told: dict[str, str] = {}
    if loaded.device == "cpu":
        told |= {"instruction_set": instruction_set(), "cpu_threads": str(loaded.threads)}
    own = loaded.folder / records.CALIBRATION
    return told | ({"calibration_sha256": sha256(own)} if own.is_file() else {})


def instruction_set() -> str:
    """Return the instructions that CTranslate2 uses on this processor, such as AVX512+VNNI: int8 rounds by them.

    As `cpu_isa.cc` of CTranslate2 chooses: $CT2_FORCE_CPU_ISA, else the best that the processor knows.
    """
    if forced := os.environ.get("CT2_FORCE_CPU_ISA"):
        return forced.upper()
    if platform.machine() not in ("x86_64", "AMD64"):
        return platform.machine()
    flags = _flags()
    if flags is None:
        return "unknown"
    known = _known_sets(flags)[0]
    return f"{known}+VNNI" if {"avx512_vnni", "avx_vnni"} & flags and known != "GENERIC" else known


def instruction_sets() -> tuple[str, ...]:
    """Return the values of $CT2_FORCE_CPU_ISA that CTranslate2 takes on this processor, the widest first."""
    return _known_sets(_flags() or frozenset())


def _known_sets(flags: frozenset[str]) -> tuple[str, ...]:
    """The sets that a processor with these flags knows, the widest first."""
    return (*(name for name, needed in _SETS.items() if needed <= flags), "GENERIC")


def _flags() -> frozenset[str] | None:
    """The flags of the processor; None where the system does not tell them."""
    try:
        told = re.findall(r"^flags\s*:(.*)", Path("/proc/cpuinfo").read_text("ascii", "replace"), re.M)
    except OSError:
        return None
    return frozenset(told[0].split()) if told else None


def _compute_type(device: str) -> str:
    """The fast type of the device; cards older than 2016 know no float16."""
    import ctranslate2

    if device == "cpu":
        return "int8"
    _preload_cuda()
    able = ctranslate2.get_supported_compute_types("cuda")
    return "float16" if "float16" in able else "float32"


def _preload_cuda() -> None:
    """Load CUDA libraries that came as wheels: the system's loader does not search there."""
    for root in map(Path, sys.path):
        for library in _LIBRARIES:
            path = root / "nvidia" / library
            if path.is_file():
                ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)
