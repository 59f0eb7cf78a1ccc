"""Press thousands of random keys in the lab: `python -m tests.soak.monkey --keys 5000 --seed 8`.

Prints one line per seed; an error of the app ends the script with its traceback.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from pathlib import Path

from rnnlab.runs.store import RunStore
from rnnlab.tui.app import LabApp
from tests.toys.app_lab import WORLD, Lab
from tests.toys.fake_generator import FakeGenerator
from tests.toys.monkey import fill, play


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--keys", type=int, default=2000, help="keys per seed (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="the first seed (%(default)s)")
    parser.add_argument("--seeds", type=int, default=1, help="number of seeds (%(default)s)")
    options = parser.parse_args()
    for seed in range(options.seed, options.seed + options.seeds):
        num_keys = num_labs = 0
        while num_keys < options.keys:  # keys may close a lab
            num_keys += play_once(options.keys - num_keys, f"{seed}.{num_labs}")
            num_labs += 1
        sys.stdout.write(f"monkey: {num_keys} keys of seed {seed} in {num_labs} lab(s)\n")
        sys.stdout.flush()


def play_once(num_keys: int, seed: str) -> int:
    """Press keys in a new lab; return how many, which is at least one."""
    with tempfile.TemporaryDirectory() as name:
        os.environ["XDG_CONFIG_HOME"] = str(Path(name, "config"))
        os.environ["XDG_STATE_HOME"] = str(Path(name, "state"))
        lab = Lab(RunStore(Path(name, "checkpoints")))
        fill(lab)
        app = LabApp(lab.store, outside=WORLD)
        return asyncio.run(play(app, FakeGenerator.latest_made, num_keys, seed))


if __name__ == "__main__":
    main()
