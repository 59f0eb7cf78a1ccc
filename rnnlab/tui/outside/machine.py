"""The load of the machine: processor, memory, disk, GPUs, and the processes of the lab."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

from rnnlab.runs.bin import size_bytes
from rnnlab.runs.paths import bin_folder


@dataclass(frozen=True)
class Gpu:
    """The load of one NVIDIA GPU."""

    name: str
    utilisation: float
    """Fraction of the time that the GPU was busy, 0 to 1."""
    used_bytes: int
    total_bytes: int
    celsius: int


@dataclass(frozen=True)
class ProcessRead:
    """The load of one process of the lab."""

    what: str
    pid: int
    cores: float
    """Average number of busy cores since the previous read."""
    held_bytes: int
    """Resident memory."""


@dataclass(frozen=True)
class MachineRead:
    """The load of the machine at one time."""

    cores: tuple[float, ...]
    """Fraction of the time that each core was busy, 0 to 1."""
    load: tuple[float, float, float]
    """Load averages over 1, 5 and 15 minutes."""
    used_bytes: int
    total_bytes: int
    swap_used_bytes: int
    disk_free_bytes: int
    disk_total_bytes: int
    gpus: tuple[Gpu, ...]
    processes: tuple[ProcessRead, ...]
    bin_bytes: int = 0
    """Size of the deleted runs in the bin."""
    time_s: float = 0.0
    """Monotonic time of the reading, in seconds."""


class Machine:
    """Reads the load of the machine; rates are averages since the previous read."""

    def __init__(self, folder: Path) -> None:
        """folder: on the disk to read; if it is missing, its nearest existing parent counts."""
        self._folder = next(
            p for p in (folder.absolute(), *folder.absolute().parents) if p.exists()
        )
        self._bin = bin_folder(folder)
        self._bin_read = 0, 0
        """Modification time in nanoseconds and size in bytes of the bin, as last read."""
        self._known: dict[int, psutil.Process] = {}

    def read(self, processes: Iterable[tuple[str, int]]) -> MachineRead:
        """Read the load of the machine, of `processes` (name, process id) and of generators.

        Processes that have ended are left out.
        """
        memory, disk = psutil.virtual_memory(), psutil.disk_usage(str(self._folder))
        generators = [("generator", pid) for pid in _generators()]
        read = [self._process(what, pid) for what, pid in [*processes, *generators]]
        return MachineRead(
            cores=tuple(percentage / 100 for percentage in psutil.cpu_percent(percpu=True)),
            load=psutil.getloadavg(),
            used_bytes=memory.total - memory.available,
            total_bytes=memory.total,
            swap_used_bytes=psutil.swap_memory().used,
            disk_free_bytes=disk.free,
            disk_total_bytes=disk.total,
            gpus=read_gpus(),
            processes=tuple(process for process in read if process is not None),
            bin_bytes=self._bin_size(),
            time_s=time.monotonic(),
        )

    def _bin_size(self) -> int:
        """Return the size of the bin; walk through it only if runs came or went."""
        try:
            changed_ns = self._bin.stat().st_mtime_ns
        except OSError:
            return 0
        if changed_ns != self._bin_read[0]:
            self._bin_read = changed_ns, size_bytes(self._bin)
        return self._bin_read[1]

    def _process(self, what: str, pid: int) -> ProcessRead | None:
        try:
            process = self._known.setdefault(pid, psutil.Process(pid))
            held = process.memory_info().rss
            return ProcessRead(what, pid, process.cpu_percent() / 100, held)
        except psutil.Error:
            self._known.pop(pid, None)
            return None


def _generators() -> list[int]:
    """Return the ids of the generator processes among the children of the app."""
    try:
        children = psutil.Process().children()
        return [c.pid for c in children if "rnnlab.worker.generate" in c.cmdline()]
    except psutil.Error:
        return []


def read_gpus() -> tuple[Gpu, ...]:
    """Return the GPUs that NVIDIA's library reports; empty if it or the driver is missing."""
    try:
        import pynvml
    except ImportError:
        return ()
    gpus: list[Gpu] = []
    with contextlib.suppress(pynvml.NVMLError):
        pynvml.nvmlInit()
        for number in range(pynvml.nvmlDeviceGetCount()):
            handle = pynvml.nvmlDeviceGetHandleByIndex(number)
            name = pynvml.nvmlDeviceGetName(handle)
            memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
            gpus.append(
                Gpu(
                    name if isinstance(name, str) else name.decode(errors="replace"),
                    pynvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100,
                    int(memory.used),
                    int(memory.total),
                    int(pynvml.nvmlDeviceGetTemperature(handle, pynvml.NVML_TEMPERATURE_GPU)),
                )
            )
    return tuple(gpus)
