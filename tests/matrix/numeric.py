"""Run the tests that compare floating-point results under other kernels, processors and threads.

    python tests/matrix/numeric.py            # every variation, a table; 1 when one is red
    python tests/matrix/numeric.py --only ATEN --jobs 2

Each variation makes torch, MKL, oneDNN, numpy, libm or rnnlab's native step choose other
instructions, or another number of threads, and so round differently. A test that fails under one
of them depends on the processor. Not part of `make test`.
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
NUMERIC = (
    "tests/contract",
    "tests/unit/cells",
    "tests/unit/decoding",
    "tests/unit/insight",
    "tests/unit/inference",
    "tests/unit/models",
    "tests/unit/training",
)
"""What compares numbers that a model computed."""
ONE_BY_ONE = {
    "ATEN_CPU_CAPABILITY": ("default", "avx2"),
    "MKL_ENABLE_INSTRUCTIONS": ("SSE4_2", "AVX2"),
    "ONEDNN_MAX_CPU_ISA": ("SSE41", "AVX2"),
    "RNNLAB_NATIVE": ("0",),
    "RNNLAB_TEST_THREADS": ("2",),
    "NPY_DISABLE_CPU_FEATURES": ("X86_V3",),
    "GLIBC_TUNABLES": ("glibc.cpu.hwcaps=-AVX512F,-AVX2,-FMA",),
}
LEVELS = (
    {
        "ATEN_CPU_CAPABILITY": "default",
        "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
    },
    {
        "ATEN_CPU_CAPABILITY": "avx2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
    },
)
COMBINED = [
    {**level, "RNNLAB_NATIVE": native, "RNNLAB_TEST_THREADS": threads}
    for level, native, threads in itertools.product(LEVELS, ("0", "1"), ("1", "2"))
]
"""All libraries at one level, as on an older processor, with and without our kernels."""


@dataclass(frozen=True)
class Outcome:
    """What one variation gave."""

    variation: str
    summary: str
    is_green: bool
    failed: tuple[str, ...]


def variations() -> list[dict[str, str]]:
    """Return the settings of every variation: none, each alone, and all at one level."""
    alone = [{name: value} for name, values in ONE_BY_ONE.items() for value in values]
    return [{}, *alone, *COMBINED]


def spell(settings: dict[str, str]) -> str:
    """Return a variation as it would stand before a command."""
    return (
        " ".join(f"{name}={shlex.quote(value)}" for name, value in settings.items())
        or "(nothing set)"
    )


def attempt(settings: dict[str, str], tests: list[str]) -> Outcome:
    """Run the tests in one process under a variation."""
    kept = {name: value for name, value in os.environ.items() if name not in ONE_BY_ONE}
    command = [sys.executable, "-m", "pytest", "-n", "0", "-q", "-p", "no:cacheprovider", "--tb=no"]
    ended = subprocess.run(
        [*command, *tests], cwd=ROOT, env={**kept, **settings}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    lines = ended.stdout.strip().split("\n")
    failed = tuple(re.findall(r"^(?:FAILED|ERROR) (\S+)", ended.stdout, re.MULTILINE))
    return Outcome(spell(settings), lines[-1].strip("= "), ended.returncode == 0, failed)


def main() -> int:
    """Print a row for each variation; return 1 when a test failed under one of them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--only", default="", help="run the variations whose settings contain this")
    parser.add_argument("--jobs", type=int, default=1, help="variations at the same time")
    parser.add_argument("tests", nargs="*", help="tests to run instead of all numeric ones")
    options = parser.parse_args()
    chosen = [settings for settings in variations() if options.only in spell(settings)]
    outcomes = []
    with ThreadPoolExecutor(options.jobs) as pool:
        tests = options.tests or list(NUMERIC)
        for outcome in pool.map(lambda settings: attempt(settings, tests), chosen):
            outcomes.append(outcome)
            print(f"| `{outcome.variation}` | {outcome.summary} |", flush=True)
            for test in outcome.failed:
                print(f"    {test}", flush=True)
    return 0 if all(outcome.is_green for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
