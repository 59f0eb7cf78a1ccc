"""Record the machine and the versions of a worker in the directory of its run."""

from __future__ import annotations

import contextlib
import os
import platform
import socket
import time
from typing import TYPE_CHECKING

from rnnlab import __version__
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.workers import WorkerRecord, add_worker

if TYPE_CHECKING:
    from rnnlab.training import Session


def record_worker(paths: RunPaths, session: Session) -> None:
    """Add this process to the workers of a run; a failure to write does not end the run."""
    import torch

    device = str(session.device)
    if session.device.type == "cuda":
        device += f" ({torch.cuda.get_device_name(session.device)})"
    worker = WorkerRecord(
        started=time.time(),
        step=session.state.step,
        pid=os.getpid(),
        host=socket.gethostname(),
        platform=f"{platform.system()} {platform.release()} {platform.machine()}",
        device=device,
        dtype=str(session.dtype).removeprefix("torch."),
        threads=torch.get_num_threads(),
        rnnlab=__version__,
        python=platform.python_version(),
        torch=torch.__version__,
    )
    with contextlib.suppress(OSError):
        add_worker(paths, worker)
