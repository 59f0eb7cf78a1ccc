"""What the machine is doing: processor, memory, disk, GPUs, and the processes of the lab."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Gpu:
    """One GPU."""

    name: str
    utilisation: float
    """Share of the time in which it computed, 0 to 1."""
    used_bytes: int
    total_bytes: int
    celsius: int


@dataclass(frozen=True)
class ProcessRead:
    """One process of the lab."""

    what: str
    pid: int
    cores: float
    """Cores kept busy since the look before."""
    held_bytes: int


@dataclass(frozen=True)
class MachineRead:
    """One look at the machine."""

    cores: tuple[float, ...]
    """Share of the time in which each core computed, 0 to 1."""
    load: tuple[float, float, float]
    used_bytes: int
    total_bytes: int
    swap_used_bytes: int
    disk_free_bytes: int
    disk_total_bytes: int
    gpus: tuple[Gpu, ...]
    processes: tuple[ProcessRead, ...]


class Machine:
    """Looks at the machine; what is a rate is the one since the look before."""

    def __init__(self, folder: Path) -> None:
        """folder: whose disk is looked at, or that of the nearest folder that is there."""
        self._folder = next(
            p for p in (folder.absolute(), *folder.absolute().parents) if p.exists()
        )
        self._known: dict[int, psutil.Process] = {}

    def read(self, processes: Iterable[tuple[str, int]]) -> MachineRead:
        """Read the machine, `processes` (name, process id) and the generator; skip ended ones."""
        memory, disk = psutil.virtual_memory(), psutil.disk_usage(str(self._folder))
        generators = [("generator", pid) for pid in _generators()]
        read = [self._process(what, pid) for what, pid in [*processes, *generators]]
        return MachineRead(
            cores=tuple(share / 100 for share in psutil.cpu_percent(percpu=True)),
            load=psutil.getloadavg(),
            used_bytes=memory.total - memory.available,
            total_bytes=memory.total,
            swap_used_bytes=psutil.swap_memory().used,
            disk_free_bytes=disk.free,
            disk_total_bytes=disk.total,
            gpus=read_gpus(),
            processes=tuple(process for process in read if process is not None),
        )

    def _process(self, what: str, pid: int) -> ProcessRead | None:
        try:
            process = self._known.setdefault(pid, psutil.Process(pid))
            held = process.memory_info().rss
            return ProcessRead(what, pid, process.cpu_percent() / 100, held)
        except psutil.Error:
            self._known.pop(pid, None)
            return None


def _generators() -> list[int]:
    """Return the generator process: the one child of the lab that trains nothing."""
    try:
        children = psutil.Process().children()
        return [c.pid for c in children if "rnnlab.worker.generate" in c.cmdline()]
    except psutil.Error:
        return []


def read_gpus() -> tuple[Gpu, ...]:
    """Return the GPUs that NVIDIA's library tells of; none where it or a driver is missing."""
    try:
        import pynvml
    except ImportError:
        return ()
    found: list[Gpu] = []
    with contextlib.suppress(pynvml.NVMLError):
        pynvml.nvmlInit()
        for number in range(pynvml.nvmlDeviceGetCount()):
            handle = pynvml.nvmlDeviceGetHandleByIndex(number)
            name = pynvml.nvmlDeviceGetName(handle)
            memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
            found.append(
                Gpu(
                    name if isinstance(name, str) else name.decode(errors="replace"),
                    pynvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100,
                    int(memory.used),
                    int(memory.total),
                    int(pynvml.nvmlDeviceGetTemperature(handle, pynvml.NVML_TEMPERATURE_GPU)),
                )
            )
    return tuple(found)
