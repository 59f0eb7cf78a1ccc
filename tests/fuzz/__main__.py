"""Fuzz every parser in turn, guided by coverage: `python -m tests.fuzz --minutes N`.

Prints one table: runs, runs per second, findings and coverage (branches reached) of each target.
Inputs are kept in `.fuzz`, so the next call continues; the findings are in `.fuzz/*/findings`. The
exit code is 1 if there are any.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.fuzz.child import FINDING
from tests.fuzz.targets import TARGETS

_IN_MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None
"""Folder for the files of a target: in memory if possible, because each run writes some."""
_SLACK_S = 600
"""Seconds that a process may take besides its fuzzing: beside other work, it starts slowly."""


class Result(NamedTuple):
    """The result of one target."""

    name: str
    runs: int
    runs_per_s: float
    findings: list[str]
    coverage: int


def fuzz(name: str, seconds: int, corpus: Path) -> Result:
    """Fuzz one target in a process of its own."""
    words = ["-m", "tests.fuzz.child", name, "--seconds", str(seconds), "--corpus", str(corpus)]
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="rnnlab-fuzz-", dir=_IN_MEMORY) as folder:
        try:
            ended = subprocess.run(
                [sys.executable, *words], check=False, timeout=seconds + _SLACK_S,
                text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                env={**os.environ, "TMPDIR": folder},
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            late = f"{FINDING} {name} has not ended after {error.timeout:.0f} s"
            return Result(name, 0, 0.0, [late], 0)
    output = ended.stdout
    findings = [line for line in output.splitlines() if line.startswith(FINDING)]
    if ended.returncode and not findings:  # a hang, too much memory, or no fuzzer
        last = [line for line in output.splitlines() if line.strip()][-1:]
        errors = [line for line in output.splitlines() if "ERROR" in line or "Error" in line]
        findings = [f"{FINDING} exit code {ended.returncode}: {' '.join((errors or last)[:1])}"]
    runs = int(_last(r"stat::number_of_executed_units:\s+(\d+)", output))
    coverage = int(_last(r"cov: (\d+)", output))
    return Result(name, runs, runs / max(time.monotonic() - started, 1e-9), findings, coverage)


def _last(pattern: str, text: str) -> str:
    found = re.findall(pattern, text)
    return found[-1] if found else "0"


def main() -> int:
    """Fuzz the targets and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", help="default: all")
    parser.add_argument("--minutes", type=float, default=20.0, help="for all targets together")
    parser.add_argument("--corpus", type=Path, default=Path(".fuzz"))
    options = parser.parse_args()
    names = options.targets or list(TARGETS)
    seconds = max(1, round(options.minutes * 60 / len(names)))
    print(f"{'target':16}{'runs':>10}{'runs/s':>9}{'findings':>10}{'coverage':>10}", flush=True)
    results = []
    for name in names:
        result = fuzz(name, seconds, options.corpus)
        results.append(result)
        print(
            f"{name:16}{result.runs:10,}{result.runs_per_s:9,.0f}{len(result.findings):10}"
            f"{result.coverage:10,}",
            flush=True,
        )
    for finding in (finding for result in results for finding in result.findings):
        print(finding)
    num = sum(len(result.findings) for result in results)
    total = sum(result.runs for result in results)
    print(f"{total:,} runs, {num} findings")
    return int(num > 0)


if __name__ == "__main__":
    sys.exit(main())
