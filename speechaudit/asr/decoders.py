"""The process that decodes files of strangers, and the small server that forks it off.

`python -m speechaudit.asr.decoders FD` has loaded the decoders and waits on a socket: with each byte comes one end of a
pipe, and a fork of it reads there what to do. Started by `apart`; nobody else needs it.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import resource
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Final

from speechaudit.errors import AudioError

Progress = Callable[[float], None]
# (path, what else it needs, progress) → plain values for JSON
Job = Callable[..., dict[str, Any]]
_STEP: Final = 0.01  # of progress, between two messages
_GIGABYTE: Final = 1 << 30
_GRACE: Final = 1.0  # seconds: who waits for it gives up before it ends
_OUT_OF_MEMORY: Final = b'["died", "\\u5185\\u5b58\\u7528\\u5b8c"]'  # made before: there is no memory to make it
# By machine: the architecture as the kernel audits it, and the calls that a decoder never needs: socket, connect,
# bind, execve, execveat, ptrace, kill, process_vm_readv, process_vm_writev, io_uring_setup (it would do the others).
_FORBIDDEN: Final = {
    "x86_64": (0xC000003E, (41, 42, 49, 59, 322, 101, 62, 310, 311, 425)),
    "aarch64": (0xC00000B7, (198, 203, 200, 221, 281, 117, 129, 270, 271, 425)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a decoder may use: bytes of address space and of each file it writes, seconds of a processor and in all."""

    memory: int = 2 * _GIGABYTE
    file: int = 4 * _GIGABYTE
    processor_seconds: int = 1800
    seconds: float = 3600.0


def serve(requests: socket.socket) -> None:
    """Fork a process for each pipe that comes, until the other side has gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ^C is for who asked; this ends with it
    while pipes := socket.recv_fds(requests, 1, 1)[1]:
        if os.fork() == 0:
            requests.close()
            return _work(Connection(pipes[0]))
        os.close(pipes[0])
    return None


def _work(pipe: Connection) -> None:
    """Do one job within its limits and tell how it went."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    job, path, args, limits = pipe.recv()  # pickled by our own process
    restrict(limits)

    def tell(kind: str, value: object) -> None:
        pipe.send_bytes(json.dumps([kind, value]).encode())

    told = 0.0

    def progress(done: float) -> None:
        nonlocal told
        if done - told >= _STEP or (done > told and done > 1 - _STEP**2):
            told = done
            tell("progress", done)

    try:
        tell("done", job(path, *args, progress=progress))
    except AudioError as problem:
        tell("refused", (problem.problem, problem.cure, problem.code))
    except MemoryError:
        pipe.send_bytes(_OUT_OF_MEMORY)


def restrict(limits: Limits) -> None:
    """Bind this process to the limits, for good; where the kernel allows it, also to no network and no program."""
    for what, most in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_FSIZE, limits.file),
        (resource.RLIMIT_CPU, limits.processor_seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (bound, bound))
    signal.setitimer(signal.ITIMER_REAL, limits.seconds + _GRACE)
    _forbid_calls()


class _Instruction(ctypes.Structure):
    _fields_ = (("code", ctypes.c_ushort), ("jt", ctypes.c_ubyte), ("jf", ctypes.c_ubyte), ("k", ctypes.c_uint))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.POINTER(_Instruction)))


def _forbid_calls() -> bool:
    """Answer the forbidden system calls with EPERM (seccomp, Linux 3.17 and later); give whether the kernel does."""
    if platform.system() != "Linux" or platform.machine() not in _FORBIDDEN:
        return False
    architecture, calls = _FORBIDDEN[platform.machine()]
    load, equal, at_least, answer = 0x20, 0x15, 0x35, 0x06
    refused = len(calls) + 1  # instructions from behind the last load to the refusal
    steps = [(load, 0, 0, 4), (equal, 0, refused + 2, architecture), (load, 0, 0, 0), (at_least, refused, 0, 1 << 30)]
    steps += [(equal, refused - 1 - n, 0, call) for n, call in enumerate(calls)]
    steps += [(answer, 0, 0, 0x7FFF0000), (answer, 0, 0, 0x00050001)]
    code = (_Instruction * len(steps))(*(_Instruction(*step) for step in steps))
    program = _Program(len(steps), code)
    kernel = ctypes.CDLL(None, use_errno=True)
    no_new_rights, set_filter, with_program = 38, 22, 2
    if kernel.prctl(no_new_rights, 1, 0, 0, 0) != 0:
        return False
    return bool(kernel.prctl(set_filter, with_program, ctypes.byref(program), 0, 0) == 0)


if __name__ == "__main__":
    import av  # noqa: F401 - loaded once, for all forks

    import speechaudit.asr.clip
    import speechaudit.asr.sound  # noqa: F401 - the same

    serve(socket.socket(fileno=int(sys.argv[1])))
