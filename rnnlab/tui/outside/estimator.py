"""Client of the process that measures the cost of a run: only the newest request is answered."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnnlab.base.display import count, duration
from rnnlab.runs.launch import child_command, child_environment
from rnnlab.tui.outside.subprocesses import end, kill


@dataclass(frozen=True)
class Estimate:
    """The cost of a run, or the reason why it cannot be trained."""

    text: str
    is_problem: bool = False


class Estimator:
    """Starts the process at the first request and keeps it: torch is loaded once."""

    def __init__(self, data: Path | None, command: Sequence[str] | None = None) -> None:
        """data: folder of corpora; command: of the process, default `rnnlab.worker.estimate`."""
        self._data = data
        self._command = command or child_command("rnnlab.worker.estimate")
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._newest = 0

    @property
    def is_started(self) -> bool:
        """Whether the process has been started and not closed."""
        return self._process is not None

    async def ask(self, values: dict[str, Any]) -> Estimate | None:
        """Return the cost of a run with these settings; None if a newer request follows."""
        self._newest += 1
        number = self._newest
        async with self._turn:
            if number != self._newest:
                return None
            process = await self._start()
            assert process.stdin is not None
            assert process.stdout is not None
            data = str(self._data) if self._data else None
            request = {"ask": number, "values": values, "data": data}
            try:
                process.stdin.write((json.dumps(request) + "\n").encode())
                await process.stdin.drain()
                line = await process.stdout.readline()
            except (BrokenPipeError, ConnectionResetError):
                line = b""
            if not line:
                self._process = None
                return Estimate(_why_ended(await process.wait()), is_problem=True)
            return _estimate(json.loads(line)) if number == self._newest else None

    async def close(self) -> None:
        """End the process, even during a measurement, and drop the waiting requests."""
        self._newest += 1
        if self._process is not None:
            kill(self._process)
        async with self._turn:
            process, self._process = self._process, None
            if process is not None:
                await end(process)

    async def _start(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
                env=child_environment(),
            )
        return self._process


def _why_ended(code: int) -> str:
    if code == -signal.SIGKILL:
        return "the measurement was killed: out of memory?"
    return f"the measurement ended without a result (exit code {code})"


def _estimate(answer: dict[str, object]) -> Estimate:
    if "problem" in answer:
        return Estimate(str(answer["problem"]), is_problem=True)
    figures = {name: float(str(answer[name])) for name in answer if name != "device"}
    memory = f"{figures['memory_bytes'] / 2**20:.0f} MiB"
    return Estimate(
        f"{count(figures['parameters'])} parameters, {memory} of memory, "
        f"{count(figures['tokens_per_s'])} tokens/s on {answer['device']}\n"
        f"epoch of {count(figures['steps'])} steps: {duration(figures['epoch_s'])}, "
        f"run: {duration(figures['total_s'])} (measured in a short trial)"
    )
