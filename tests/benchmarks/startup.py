"""How long the command line takes to start: helps, lists, completion, and a run's first record.

`python tests/benchmarks/startup.py` (`--generate`: only a cold `rnnlab generate`).
Prints the CPU time of commands as a ratio to that of a Python that imports Typer and rich.console,
next to the goals, and the seconds from `rnnlab train` on a text of 1 MB to the run's first record,
less those that a Python takes to import torch. Interleaved, medians; only times on an otherwise
idle machine mean anything.
"""

from __future__ import annotations

import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from rnnlab.runs.store import RunStore

ROUNDS = 7
RUNS = Path(__file__).parents[2] / "checkpoints"
RIVAL = "import typer, rich.console"
PROGRAM = "import sys; sys.argv[0] = 'rnnlab'; from rnnlab.cli import main; main()"
"""What the installed script `rnnlab` does."""
GENERATE = "rnnlab generate starter --prompt To -d greedy"
GOALS: Mapping[str, float | None] = {
    "rnnlab --help": 1.5,
    "rnnlab runs": 2.0,
    "rnnlab cells": None,
    "rnnlab train --help-all": None,
    "rnnlab train nowhere.txt": None,
    "rnnlab <tab>": None,
    "rnnlab generate st<tab>": None,
    "rnnlab train stump --cell gr<tab>": None,
    "rnnlab generate starter -d nucl<tab>": None,
}
"""Command -> highest ratio to the rival; a completion of the shell ends in <tab>."""
FIRST_RECORD_GOAL_S = 0.5


class Spent(NamedTuple):
    """What a process took, in seconds."""

    cpu_s: float
    wall_s: float


def spent(command: list[str], environment: Mapping[str, str], folder: Path) -> Spent:
    """Run a command to its end, without its output."""
    started = time.perf_counter()
    child = subprocess.Popen(
        command, env=environment, cwd=folder, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    _, _, usage = os.wait4(child.pid, 0)
    child.returncode = 0
    return Spent(usage.ru_utime + usage.ru_stime, time.perf_counter() - started)


def spent_by(line: str, folder: Path) -> Spent:
    """Run a command of `GOALS`; for a completion, as the shell does when the tab key is pressed."""
    program, environment = [sys.executable, "-c", PROGRAM], environment_in(folder)
    words = line.removesuffix("<tab>").split(" ")
    if not line.endswith("<tab>"):
        return spent([*program, *words[1:]], environment, folder)
    asked = {"COMP_WORDS": "\n".join(words), "COMP_CWORD": str(len(words) - 1)}
    return spent(program, {**environment, "_RNNLAB_COMPLETE": "complete_bash", **asked}, folder)


def environment_in(folder: Path) -> dict[str, str]:
    """Return an environment whose runs and corpora are in a folder."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("RNNLAB_")}
    return {**others, "RNNLAB_CHECKPOINTS": str(folder / "runs"), "RNNLAB_DATA": str(folder)}


def first_record_s(folder: Path) -> float:
    """Train on the text of the folder for one step; return the time of its first record."""
    store = RunStore(folder / "runs")
    words = ["train", "text.txt", "--name", "a", "--steps", "1", "--detach"]
    started = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words], env=environment_in(folder), cwd=folder,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    journal = folder / "runs" / "a" / "metrics.jsonl"
    while not journal.exists() or b"train_loss" not in journal.read_bytes():
        time.sleep(0.002)
    seconds = time.perf_counter() - started
    child.wait()
    while store.open("a").is_alive():
        time.sleep(0.05)
    shutil.rmtree(folder / "runs" / "a")
    return seconds


def generate() -> None:
    """Print the CPU time of a cold `rnnlab generate`, and of numpy alone, next to the rival."""
    folder = RUNS.parent
    works = {
        RIVAL: [sys.executable, "-c", RIVAL],
        "import numpy": [sys.executable, "-c", "import numpy"],
        GENERATE: [sys.executable, "-c", PROGRAM, *GENERATE.split(" ")[1:]],
    }
    environment = {**environment_in(folder), "RNNLAB_CHECKPOINTS": str(RUNS)}
    rounds = [
        [spent(work, environment, folder).cpu_s for work in works.values()]
        for _ in range(ROUNDS + 1)
    ][1:]
    for name, times in zip(works, zip(*rounds, strict=True), strict=True):
        ratio = statistics.median(one[list(works).index(name)] / one[0] for one in rounds)
        print(f"| `{name}` | {statistics.median(times):.3f} s ({min(times):.3f}) | {ratio:.2f} |")


def main() -> None:
    """Print the table."""
    if "--generate" in sys.argv:
        generate()
        return
    with tempfile.TemporaryDirectory(prefix="rnnlab-startup-") as name:
        folder = Path(name)
        words = [f"{chr(97 + number % 26)}{number:x}" for number in range(2000)]
        text = " ".join(random.Random(1).choices(words, k=250_000))
        (folder / "text.txt").write_text(text[:1_000_000])
        ratios: dict[str, list[float]] = {line: [] for line in GOALS}
        rivals, torches, records = [], [], []
        first_record_s(folder)  # the native kernels are compiled once
        for number in range(ROUNDS + 1):
            rival = spent([sys.executable, "-c", RIVAL], environment_in(folder), folder)
            times = {line: spent_by(line, folder) for line in GOALS}
            torch = spent([sys.executable, "-c", "import torch"], environment_in(folder), folder)
            record = first_record_s(folder)
            if number:  # the first round fills the caches of files and of compiled modules
                rivals.append(rival.cpu_s)
                torches.append(torch.wall_s)
                records.append(record - torch.wall_s)
                for line, time_of in times.items():
                    ratios[line].append(time_of.cpu_s / rival.cpu_s)
    print(f"{time.strftime('%d %B %Y')}, {os.cpu_count()} cores, {platform.processor() or '?'}")
    print(f"CPU time of `{RIVAL}`: {statistics.median(rivals):.3f} s; ratios to it:")
    for line, goal in GOALS.items():
        aim = "" if goal is None else f" (goal: below {goal:g})"
        print(f"| `{line}` | {statistics.median(ratios[line]):.2f}{aim} |")
    print(
        f"`import torch`: {statistics.median(torches):.2f} s; first record of `rnnlab train`: "
        f"{statistics.median(records):+.2f} s (goal: below +{FIRST_RECORD_GOAL_S:g} s)"
    )


if __name__ == "__main__":
    main()
