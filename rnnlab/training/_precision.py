"""The number format of a step's computation: float32 or bfloat16."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import torch

from rnnlab.settings.run_config import RunConfig


def cpu_has_bfloat16() -> bool:
    """Return whether oneDNN has bfloat16 kernels for this processor."""
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return True
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def supported_dtype(
    device: torch.device, config: RunConfig, has_bfloat16: Callable[[], bool] = cpu_has_bfloat16
) -> str:
    """Return the number format to compute in: float32 if the CPU lacks bfloat16 kernels.

    has_bfloat16: called for a CPU only. Without these kernels torch's LSTM fails, and the other
    layers emulate bfloat16, which is slower than float32. The native engine, if the user has chosen
    it, does not read it: it computes in bfloat16 or raises an error.
    """
    if config.dtype != "bfloat16" or device.type != "cpu" or config.engine == "native":
        return config.dtype
    return "bfloat16" if has_bfloat16() else "float32"


def precision(device: torch.device, dtype: str) -> contextlib.AbstractContextManager[object]:
    """Return the context manager for a forward pass: autocast for bfloat16, else a null context."""
    if dtype == "bfloat16":
        return torch.autocast(device.type, torch.bfloat16)
    return contextlib.nullcontext()
