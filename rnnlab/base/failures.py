"""Causes of failures that a user can remedy: the disk, memory, the GPU.

Errors of torch are recognised by the names of their types and by their messages: torch is not
imported here.
"""

from __future__ import annotations

import errno
import re
import shutil
from pathlib import Path
from typing import NamedTuple

from rnnlab.base.display import count
from rnnlab.base.errors import RnnlabError, one_line

_NO_SPACE = ("no space left", "os error 28", "disk quota exceeded", "os error 122")
_NO_MEMORY = ("can't allocate memory", "cannot allocate memory", "out of memory", "bad_alloc")
_GPU = ("cuda", "hip", "cublas", "cudnn", "nccl")
_GPU_ERROR = re.compile(
    r"\b(?:CUDA|HIP|CUBLAS|CUDNN|cuDNN|NCCL)(?: driver)? ?error\b", re.IGNORECASE
)
_WANTED = re.compile(r"Tried to allocate ([\d.]+ \w+)")
_FREE = re.compile(r"total capacity of ([\d.]+ \w+) of which ([\d.]+ \w+) is free")
_HELD = re.compile(r"this process has ([\d.]+ \w+) memory in use")
_LACKING = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EBADF})
_TRAIN_SMALLER = "lower --batch, --length or --hidden, or stop other runs"
_ASK_FOR_LESS = "ask for less at a time: a lower --num, --length or k, or fewer prompts"


class Cause(NamedTuple):
    """Why something failed, and what a user can do about it."""

    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.what}; {self.remedy}"


def is_disk_full(error: BaseException) -> bool:
    """Return whether an error, perhaps wrapped by a library, means that the disk is full."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    return not isinstance(error, OSError) and any(s in str(error).lower() for s in _NO_SPACE)


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error of Python or torch means that memory (of the host or GPU) ran out."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    is_ours = isinstance(error, RnnlabError)
    return not is_ours and any(words in str(error).lower() for words in _NO_MEMORY)


def is_gpu_failure(error: BaseException) -> bool:
    """Return whether an error of torch means that the GPU or its driver has failed."""
    if isinstance(error, OSError | RnnlabError) or is_out_of_memory(error):
        return False
    is_typed = type(error).__name__ == "AcceleratorError"
    return is_typed or (isinstance(error, RuntimeError) and bool(_GPU_ERROR.search(str(error))))


def can_pass(error: OSError) -> bool:
    """Return whether a failed write may succeed later, because the folder still exists."""
    return error.errno not in _LACKING


def cause_of(
    error: BaseException, folder: Path | None = None, *, is_training: bool = True
) -> Cause | None:
    """Return why something failed and the remedy; None for an error that has no known remedy.

    folder: where files were written. is_training: whether a run failed, or an answer.
    """
    if isinstance(error, RnnlabError):
        return None  # has place and remedy already
    if is_disk_full(error):
        free = "" if folder is None else f" ({_free(folder)} bytes free in the folder of runs)"
        return Cause(
            f"the disk is full{free}", "free some space, for example with `rnnlab bin empty`"
        )
    if isinstance(error, OSError) and error.errno == errno.EFBIG:
        return Cause(
            "a file has reached the largest size that is allowed", "raise the limit (`ulimit -f`)"
        )
    if isinstance(error, OSError) and error.errno == errno.EROFS:
        return Cause("the file system is read-only", "make it writable")
    if is_out_of_memory(error):
        return _out_of_memory(error, _TRAIN_SMALLER if is_training else _ASK_FOR_LESS)
    if is_gpu_failure(error):
        first_line = one_line(str(error).partition("\n")[0])
        remedy = "if it fails again, use another --device; `nvidia-smi` shows the GPU's state"
        return Cause(f"the GPU failed: {first_line}", remedy)
    return None


def _out_of_memory(error: BaseException, remedy: str) -> Cause:
    text = str(error)
    if not any(name in text.lower() for name in _GPU):
        return Cause("out of memory", remedy)
    figures = []
    if wanted := _WANTED.search(text):
        figures.append(f"{wanted[1]} more needed")
    if free := _FREE.search(text):
        figures.append(f"{free[2]} of {free[1]} free")
    if held := _HELD.search(text):
        figures.append(f"this process holds {held[1]}")
    shown = f" ({', '.join(figures)})" if figures else ""
    return Cause(f"out of memory on the GPU{shown}", f"{remedy}, or use another --device")


def _free(folder: Path) -> str:
    try:
        return count(float(shutil.disk_usage(folder).free))
    except OSError:
        return "unknown"
