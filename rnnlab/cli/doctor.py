"""Show device, terminal, data and versions, for bug reports."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rnnlab import __version__
from rnnlab.base.display import size
from rnnlab.base.errors import RnnlabError
from rnnlab.base.locations import checkpoints_folder
from rnnlab.base.preferences import load_preferences
from rnnlab.cli._options import Checkpoints, Data, Json
from rnnlab.cli._output import print_json, print_table
from rnnlab.cli._progress import progress_bar
from rnnlab.runs.bin import size_bytes
from rnnlab.runs.paths import bin_folder
from rnnlab.runs.store import RunStore

_PACKAGES = ("torch", "textual", "plotext", "rich", "typer", "safetensors", "tensorboard", "numpy")


def command(checkpoints: Checkpoints = None, data: Data = None, json: Json = False) -> None:
    """Show device, terminal, data and versions, for bug reports."""
    with progress_bar("loading torch"):
        facts = _facts(checkpoints, data)
    if json:
        print_json(facts)
    else:
        print_table(["item", "value"], [[name, str(value)] for name, value in facts.items()], ())


def _facts(checkpoints: Checkpoints, data: Data) -> dict[str, Any]:
    import psutil
    import torch

    from rnnlab.corpora import corpus_names
    from rnnlab.native import report as native_report
    from rnnlab.native import why_no_bfloat16

    folder = checkpoints_folder(checkpoints)
    nearest = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    memory = psutil.virtual_memory()
    devices = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    num_runs = len(list(RunStore.default(checkpoints)))
    return {
        "rnnlab": __version__,
        "python": f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        **{name: _version(name) for name in _PACKAGES},
        "cpu": f"{os.cpu_count()} cores, torch uses {torch.get_num_threads()}",
        "memory": f"{memory.available / 2**30:.1f} of {memory.total / 2**30:.1f} GiB free",
        "gpu": ", ".join(devices) or "none",
        "decoding": native_report(),
        "bfloat16": f"torch's on the CPU: {reason}"
        if (reason := why_no_bfloat16())
        else "native kernels on the CPU",
        "disk": f"{psutil.disk_usage(str(nearest)).free / 2**30:.1f} GiB free{_in_bin(folder)}",
        "terminal": f"{os.environ.get('TERM', 'none')}, {_colors()}, "
        f"{sys.stdout.encoding} on standard output",
        "alerts": _alerts(),
        "checkpoints": f"{folder} ({_access(nearest)}), {num_runs} run{'s' * (num_runs != 1)}",
        "corpora": ", ".join(corpus_names(data)) or "none",
    }


def _in_bin(folder: Path) -> str:
    """Return the size of the bin, and how to free it; "" if it is empty."""
    num_bytes = size_bytes(bin_folder(folder))
    return f", {size(num_bytes)} in the bin (`rnnlab bin empty` frees it)" if num_bytes else ""


def _colors() -> str:
    if os.environ.get("NO_COLOR"):
        return "no colour (NO_COLOR)"
    return "true colour" if os.environ.get("COLORTERM") in ("truecolor", "24bit") else "256 colours"


def _alerts() -> str:
    """Return the alerts of the terminal and of workers; the command may hold a password."""
    try:
        preferences = load_preferences()
    except RnnlabError as error:
        return str(error)
    return f"{preferences.alerts}; notify command {'set' if preferences.notify else 'not set'}"


def _access(folder: os.PathLike[str]) -> str:
    return "writable" if os.access(folder, os.W_OK) else "NOT writable"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
