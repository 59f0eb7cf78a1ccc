"""The kernels of a test session: compiled once, into its cache, with every warning an error.

Every process of the session would otherwise compile them for some seconds of two cores, all at the
same time. What cannot be compiled like this is compiled by whoever needs it, as the product does.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.toys.environment import CHECKOUT

COMPILER = os.environ.get("CC") or next(filter(shutil.which, ("cc", "gcc", "clang")), "cc")
CACHE = Path(os.environ.get("XDG_CACHE_HOME", "nowhere"))
"""The session's cache of compiled code: read at once, because tests set the variable."""
COMPILE = """
import sys
from rnnlab.native import load_library
build = load_library()
sys.exit(None if build.library is not None else build.report)
"""


def start_compiling() -> None:
    """Start a process that compiles the kernels; `compile_kernels` waits for it."""
    subprocess.Popen(
        [sys.executable, "-m", "tests.toys.kernels"],
        cwd=CHECKOUT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def compile_kernels() -> str:
    """Compile the kernels, unless a process of this session has done so.

    Return the reason why they do not compile without a warning; empty if they do.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    report = CACHE / "kernels.report"
    with (CACHE / "kernels.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not report.exists():
            environment = {
                **os.environ, "XDG_CACHE_HOME": str(CACHE), "CC": f"{COMPILER} -Werror",
            }  # fmt: skip
            ended = subprocess.run(
                [sys.executable, "-c", COMPILE],
                cwd=CHECKOUT,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
            report.write_text(ended.stderr if ended.returncode else "", encoding="utf-8")
    return report.read_text(encoding="utf-8")


if __name__ == "__main__":
    compile_kernels()
