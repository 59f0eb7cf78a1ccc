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
        with tempfile.TemporaryDirectory() as name:
            os.environ["XDG_CONFIG_HOME"] = str(Path(name, "config"))
            os.environ["XDG_STATE_HOME"] = str(Path(name, "state"))
            lab = Lab(RunStore(Path(name, "checkpoints")))
            fill(lab)
            app = LabApp(lab.store, outside=WORLD)
            asyncio.run(play(app, FakeGenerator.latest_made, options.keys, seed))
            sys.stdout.write(f"monkey: {options.keys} keys of seed {seed}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
