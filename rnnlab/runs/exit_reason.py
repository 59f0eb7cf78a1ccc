"""Why a worker ended without a word, as far as a reader can tell, and what to do about it.

The kernel kills without asking. What is left are the worker's last heartbeat, the kernel's count of
processes that it has killed for want of memory, and its log where a user may read it.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator

from rnnlab.runs import memory
from rnnlab.runs.records import Status

KERNEL_LOG = "/dev/kmsg"
_KILLED = re.compile(r"out of memory: Killed process (\d+)", re.IGNORECASE)
_MOST_BYTES = 8192
"""Longest line of the kernel's log; one read gives one line."""


def why_lost(said: Status, name: str) -> str:
    """Return why the worker of a run died, and what to do; `said` is its last word."""
    who = f"process {said.pid} on {said.host}" if said.pid else "see worker.log"
    resume = f"`rnnlab resume {name}` goes on"
    killed = _killed_for_memory(said)
    if killed:
        held = f", it held {said.held_bytes >> 20} MiB" if said.held_bytes else ""
        what = "end other runs or use a smaller --batch or --hidden"
        return f"its worker died ({who}), {killed}{held}; {what}; {resume}"
    return (
        f"its worker died without a word ({who}): it was killed, or the machine went down; {resume}"
    )


def _killed_for_memory(said: Status) -> str:
    """Return how sure it is that want of memory was the cause; empty where nothing says so."""
    is_here = said.host == socket.gethostname()
    if is_here and said.oom_kills is not None and (memory.oom_kills() or 0) > said.oom_kills:
        if said.pid and said.pid in killed_for_memory():
            return "killed by the kernel for want of memory (its log names the process)"
        return "probably killed by the kernel, which has killed for want of memory since"
    if said.free_bytes is not None and said.free_bytes < memory.SHORT_BYTES:
        return f"probably killed for want of memory: {said.free_bytes >> 20} MiB were left"
    return ""


def killed_for_memory() -> set[int]:
    """Return the processes that the kernel's log names as killed for want of memory.

    Empty where the log cannot be read, as mostly in a container and for a user without rights.
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
                continue  # overwritten while it was read: the next one is there
            except OSError:
                return  # to its end
            if not line:
                return
            yield line.decode("utf-8", "replace")
    finally:
        os.close(log)
