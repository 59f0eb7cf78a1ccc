"""Find the probable reason for the unexpected end of a worker, and the remedy.

A killed worker cannot write a reason. The evidence is its last heartbeat, the kernel's count of
out-of-memory kills, and the kernel's log if the user may read it.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

from rnnlab.base.failures import Cause, cause_of
from rnnlab.base.regular_files import open_binary
from rnnlab.runs import memory
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.records import Status

KERNEL_LOG = "/dev/kmsg"
_KILLED = re.compile(r"out of memory: Killed process (\d+)", re.IGNORECASE)
_OS_ERROR = re.compile(r"^(?:\w+Error): \[Errno (\d+)\]")

_STATUS_BYTES = 1 << 14
"""Free space below which a worker cannot write its last status."""
_MOST_BYTES = 8192
"""Maximum length in bytes of a line in the kernel's log (one read returns one line), and of the
part of a worker's log that is read."""


def why_lost(status: Status, name: str, folder: Path | None = None) -> str:
    """Return why the worker of a run died, and the remedy.

    status: the last that the worker wrote. folder: the folder of the run, whose log and disk are
    evidence.
    """
    process = f"process {status.pid} on {status.host}" if status.pid else "see worker.log"
    command = f"`rnnlab resume {name}`"
    resume = f"{command} continues the run"
    killed = _killed_for_memory(status)
    if killed:
        used = f"; it used {status.held_bytes >> 20} MiB" if status.held_bytes else ""
        remedy = "stop other runs or use a smaller --batch or --hidden"
        return f"its worker died ({process}), {killed}{used}; {remedy}; {resume}"
    cause = None if folder is None else _disk_problem(status, folder)
    if cause is not None:
        return f"its worker ended ({process}), probably because {cause}, then use {command}"
    return (
        f"its worker died without a message ({process}): it was killed, or the machine went down; "
        f"{resume}"
    )


def _disk_problem(status: Status, folder: Path) -> Cause | None:
    """Return what kept a worker from writing its end: the last line of its log, or a full disk."""
    number = _last_error(status, RunPaths(folder).log)
    if number is not None:
        problem = os.strerror(number)
        other = Cause(f"it could not use a file: {problem}", "read its worker.log")
        return cause_of(OSError(number, problem), folder) or other
    try:
        is_full = shutil.disk_usage(folder).free < _STATUS_BYTES
    except OSError:
        return None
    return cause_of(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), folder) if is_full else None


def _last_error(status: Status, log: Path) -> int | None:
    """Return the number of the OSError in the last line of a log; None if it has no such line.

    None also if the line is older than the status: then it is an earlier worker's.
    """
    try:
        with open_binary(log) as stream:
            if os.fstat(stream.fileno()).st_mtime < status.heartbeat:
                return None
            stream.seek(max(0, stream.seek(0, os.SEEK_END) - _MOST_BYTES))
            lines = stream.read(_MOST_BYTES).decode(errors="replace").split("\n")
    except OSError:
        return None
    last = next((line for line in reversed(lines) if line.strip()), "")
    match = _OS_ERROR.match(last)
    return None if match is None else int(match[1])


def _killed_for_memory(status: Status) -> str:
    """Return the evidence that the worker was killed for lack of memory; "" if there is none."""
    is_here = status.host == socket.gethostname()
    if is_here and status.oom_kills is not None and (memory.oom_kills() or 0) > status.oom_kills:
        if status.pid and status.pid in killed_for_memory():
            return "killed by the kernel for lack of memory (the kernel's log names the process)"
        return "probably killed by the kernel for lack of memory: its count of OOM kills has risen"
    if status.free_bytes is not None and status.free_bytes < memory.SHORT_BYTES:
        return f"probably killed for lack of memory: only {status.free_bytes >> 20} MiB were free"
    return ""


def killed_for_memory() -> set[int]:
    """Return the ids of the processes that were killed for lack of memory, from the kernel's log.

    Empty if the log cannot be read, which is usual in a container and for a user without rights.
    """
    return {int(pid) for line in _kernel_log() for pid in _KILLED.findall(line)}


def _kernel_log() -> Iterator[str]:
    try:
        log = os.open(KERNEL_LOG, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return
    try:
        while True:
            try:
                line = os.read(log, _MOST_BYTES)
            except BrokenPipeError:
                continue  # the kernel has overwritten this line: read the next line
            except OSError:
                return  # EAGAIN: the log has no more lines
            if not line:
                return
            yield line.decode("utf-8", "replace")
    finally:
        os.close(log)
