"""The number format in which a step computes."""

from __future__ import annotations

import contextlib

import torch


def lacks_bfloat16(device: torch.device, dtype: str) -> bool:
    """Tell whether bfloat16 is asked for where oneDNN has no kernels for it.

    Torch's LSTM then fails, and its other layers would emulate the format, slower than float32.
    """
    return dtype == "bfloat16" and device.type == "cpu" and not _cpu_has_bfloat16()


def precision(device: torch.device, dtype: str) -> contextlib.AbstractContextManager[object]:
    """Return the context for a forward pass: mixed precision where it is asked for and there."""
    if dtype == "bfloat16" and not lacks_bfloat16(device, dtype):
        return torch.autocast(device.type, torch.bfloat16)
    return contextlib.nullcontext()


def _cpu_has_bfloat16() -> bool:
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return True
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
