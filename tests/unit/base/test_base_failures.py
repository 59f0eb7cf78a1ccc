"""The causes of failures that a user can remedy, from the errors of the system and of torch."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
import torch

from rnnlab.base.errors import BadInputError
from rnnlab.base.failures import (
    can_pass,
    cause_of,
    is_disk_full,
    is_gpu_failure,
    is_out_of_memory,
)

OUT_OF_MEMORY = (
    "CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 79.10 GiB of "
    "which 1.25 GiB is free. Including non-PyTorch memory, this process has 77.80 GiB memory in "
    "use. Of the allocated memory 70.00 GiB is allocated by PyTorch"
)
ILLEGAL = (
    "CUDA error: an illegal memory access was encountered\nCUDA kernel errors might be "
    "asynchronously reported at some other API call"
)
GPU_ERRORS = [
    torch.AcceleratorError(ILLEGAL),
    RuntimeError("CUDA error: device-side assert triggered"),
    RuntimeError("CUDA driver error: unknown error"),
    RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"),
    RuntimeError("CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`"),
]


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device", "metrics.jsonl"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        RuntimeError("Error while serializing: IoError(No space left on device (os error 28))"),
    ],
)
def test_a_full_disk(error: Exception, tmp_path: Path) -> None:
    assert is_disk_full(error)
    cause = cause_of(error, tmp_path)
    assert cause is not None
    assert cause.what.startswith("the disk is full (")
    assert cause.remedy == "free some space, for example with `rnnlab bin empty`"


@pytest.mark.parametrize(
    ("number", "what"), [(errno.EFBIG, "largest size"), (errno.EROFS, "read-only")]
)
def test_other_reasons_of_a_disk(number: int, what: str) -> None:
    cause = cause_of(OSError(number, os.strerror(number)))
    assert cause is not None
    assert what in cause.what


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:127] can't allocate memory"),
        RuntimeError("std::bad_alloc"),
    ],
)
def test_too_little_memory(error: Exception) -> None:
    assert is_out_of_memory(error)
    assert not is_gpu_failure(error)
    cause, of_answer = cause_of(error), cause_of(error, is_training=False)
    assert cause is not None
    assert of_answer is not None
    assert cause.remedy.startswith("lower --batch, --length or --hidden")
    assert of_answer.remedy.startswith("ask for less at a time")


def test_the_memory_of_a_gpu_is_told_in_figures() -> None:
    assert str(cause_of(torch.OutOfMemoryError(OUT_OF_MEMORY))) == (
        "out of memory on the GPU (20.00 GiB more needed, 1.25 GiB of 79.10 GiB free, this process "
        "holds 77.80 GiB); lower --batch, --length or --hidden, or stop other runs, or use another "
        "--device"
    )


@pytest.mark.parametrize("error", GPU_ERRORS)
def test_a_failed_gpu(error: Exception) -> None:
    assert is_gpu_failure(error)
    cause = cause_of(error)
    assert cause is not None
    assert cause.what == f"the GPU failed: {str(error).partition(chr(10))[0]}"
    assert "use another --device" in cause.remedy


@pytest.mark.parametrize(
    "error", [KeyError("x"), RuntimeError("shape mismatch"), BadInputError("CUDA error", "x")]
)
def test_other_errors_have_no_known_cause(error: Exception) -> None:
    assert cause_of(error) is None


@pytest.mark.parametrize(
    ("number", "can"), [(errno.ENOSPC, True), (errno.EROFS, True), (errno.ENOENT, False)]
)
def test_a_write_into_a_folder_that_is_gone_cannot_succeed_later(number: int, can: bool) -> None:
    assert can_pass(OSError(number, os.strerror(number))) == can
