"""Client of the process that measures the cost of a run: only the newest request is answered."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnnlab.base.display import count, duration
from rnnlab.base.parsing import parse_json
from rnnlab.runs.launch import child_command
from rnnlab.tui.outside.pulse import DEFAULT_LIMITS, PulseLimits
from rnnlab.tui.outside.subprocesses import LineProcess, ProcessExit


@dataclass(frozen=True)
class Estimate:
    """The cost of a run, or the reason why it cannot be trained."""

    text: str
    is_problem: bool = False


class Estimator:
    """Starts the process at the first request and keeps it: torch is loaded once."""

    def __init__(
        self,
        data: Path | None,
        command: Sequence[str] | None = None,
        limits: PulseLimits = DEFAULT_LIMITS,
    ) -> None:
        """data: folder of corpora; command: of the process, default `rnnlab.worker.estimate`.

        limits: when the process counts as hung.
        """
        self._data = data
        self._limits = limits
        self._command = command or child_command("rnnlab.worker.estimate")
        self._process: LineProcess | None = None
        self._turn = asyncio.Lock()
        self._newest = 0
        self._pending: tuple[int, asyncio.Future[Estimate | None]] | None = None
        """The request that the process measures: its number and its result."""

    @property
    def is_started(self) -> bool:
        """Whether the process has been started and can be asked again."""
        return self._process is not None and self._process.is_usable

    async def ask(self, values: dict[str, Any]) -> Estimate | None:
        """Return the cost of a run with these settings.

        None if a newer request follows or the client is closed.
        """
        self._newest += 1
        number = self._newest
        async with self._turn:
            if number != self._newest:
                return None
            process = self._usable_process()
            result = asyncio.get_running_loop().create_future()
            self._pending = number, result
            data = str(self._data) if self._data else None
            request = {"ask": number, "values": values, "data": data}
            await process.write(json.dumps(request) + "\n")
            estimate: Estimate | None = await result
            return estimate if number == self._newest else None

    async def close(self) -> None:
        """End the process, even during a measurement, and drop the waiting requests."""
        self._newest += 1
        if self._pending is not None:
            self._finish(self._pending[0], None)
        if self._process is not None:
            await self._process.close()

    def _usable_process(self) -> LineProcess:
        """Return the process, a new one if the last one has ended."""
        if self._process is None or not self._process.is_usable:
            self._process = LineProcess(
                self._command,
                self._on_line,
                self._on_exit,
                is_awaited=lambda: self._pending is not None,
                limits=self._limits,
            )
        return self._process

    def _on_line(self, line: bytes) -> None:
        with contextlib.suppress(ValueError, TypeError, KeyError):  # a line of a library
            answer = parse_json(line)
            self._finish(answer["ask"], _estimate(answer))

    def _on_exit(self, process: LineProcess, ended: ProcessExit) -> None:
        if process is self._process and self._pending is not None:
            why = _NO_ANSWER if ended.is_hung else _why_ended(ended.code)
            self._finish(self._pending[0], Estimate(why, is_problem=True))

    def _finish(self, number: int, estimate: Estimate | None) -> None:
        """Set the result of a request, unless it has one or is not pending any more."""
        if self._pending is not None and self._pending[0] == number:
            result = self._pending[1]
            self._pending = None
            if not result.done():
                result.set_result(estimate)


_NO_ANSWER = "the measurement was ended: it did not answer"


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
