"""Run the tests of our C code under gcc's address and undefined-behaviour sanitizers.

    python tests/matrix/native_sanitised.py             # vectors of 4, 8 and 16 floats
    python tests/matrix/native_sanitised.py --lanes 16  # one of them
    python tests/matrix/native_sanitised.py --tests tests/unit/cells/test_cells_native.py

The code is compiled for each width of a vector, also those that this processor does not have: the
compiler then takes several instructions. Each read or write beyond an array of numpy or torch, and
each undefined operation, ends the tests. Skipped tests count as a failure. It needs gcc with
libasan: clang's runtime library would have to be preloaded in another way. Not part of `make test`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = (
    "tests/unit/cells/test_cells_native.py",
    "tests/unit/models/test_models_loss.py",
    "tests/unit/native/test_native_reading.py",
    "tests/unit/inference/test_inference_evaluate.py",
    "tests/unit/inference/test_inference_steppers_native.py",
    "tests/unit/inference/test_inference_steppers_native_searches.py",
    "tests/unit/inference/test_inference_steppers_native_write.py",
)
WIDTHS = {
    4: "-U__AVX__ -U__AVX512F__",
    8: "-D__AVX__=1 -U__AVX512F__",
    16: "-D__AVX__=1 -D__AVX512F__=1",
}
"""Flags for each number of lanes: vectors.h and product.h look at these two macros only."""
FLAGS = (
    "-fsanitize=address,undefined -fno-sanitize-recover=all -g -O1 -fno-omit-frame-pointer "
    "-Wno-psabi -Wno-builtin-macro-redefined"
)


def compiler(folder: Path, lanes: int) -> str:
    """Write a compiler that adds the flags; return its path.

    The sanitizer must not be preloaded into gcc itself, which does not free its memory.
    """
    file = folder / f"gcc-{lanes}"
    file.write_text(
        f'#!/bin/sh\nunset LD_PRELOAD\nexec gcc "$@" {FLAGS} {WIDTHS[lanes]}\n', encoding="utf-8"
    )
    file.chmod(0o755)
    return str(file)


def attempt(folder: Path, lanes: int, tests: list[str]) -> bool:
    """Run the tests in one process; return whether all of them ran and passed."""
    # Without libstdc++, the sanitizer does not find the function that throws torch's exceptions.
    libraries = [
        subprocess.run(
            ["gcc", f"-print-file-name={name}"], capture_output=True, text=True, check=True
        ).stdout.strip()
        for name in ("libasan.so", "libstdc++.so.6")
    ]
    # Python's own allocator hides what it has freed, and Python does not free everything at exit.
    environment = os.environ | {
        "CC": compiler(folder, lanes),
        "LD_PRELOAD": " ".join(libraries),
        "ASAN_OPTIONS": "detect_leaks=0",
        "UBSAN_OPTIONS": "print_stacktrace=1",
        "PYTHONMALLOC": "malloc",
    }
    command = [sys.executable, "-m", "pytest", "-n", "0", "-q", "-p", "no:cacheprovider", "-s"]
    ended = subprocess.run(
        [*command, "-p", "no:faulthandler", *tests], cwd=ROOT, env=environment, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    is_green = ended.returncode == 0 and "skipped" not in ended.stdout
    lines = ended.stdout.strip().split("\n")
    print(f"{lanes} lanes: {lines[-1].strip('= ')}" if is_green else ended.stdout, flush=True)
    return is_green


def main() -> int:
    """Print a line for each width; return 1 when a test failed or was skipped under one of them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--lanes", type=int, choices=WIDTHS, help="run this width only")
    parser.add_argument("--tests", nargs="+", default=list(TESTS), help="files of tests (all)")
    options = parser.parse_args()
    lanes = options.lanes
    if shutil.which("gcc") is None:
        print("gcc is not in PATH", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        outcomes = [
            attempt(Path(folder), width, options.tests) for width in ([lanes] if lanes else WIDTHS)
        ]
    return 0 if all(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
