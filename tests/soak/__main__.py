"""Cause faults, and print one table: `python -m tests.soak [--quick] [--only NAME ...]`.

Each check can run alone: `python -m tests.soak --only kills --number 20 --seed 3`. The exit code is
1 if a promise was broken.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback

from tests.toys.environment import make_known

make_known()  # before rnnlab and torch are imported: they read the environment once

from tests.soak.checks import NAMES, load  # noqa: E402
from tests.soak.rows import Check, Row, table  # noqa: E402
from tests.toys.kernels import compile_kernels  # noqa: E402


def main() -> int:
    """Run the checks; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, help="checks to run")
    parser.add_argument("--number", type=int, help="size of each check (its own)")
    parser.add_argument("--seed", type=int, default=1, help="the seed (%(default)s)")
    parser.add_argument("--quick", action="store_true", help="small sizes: some minutes")
    options = parser.parse_args()
    compile_kernels()
    rows: dict[str, Row] = {}
    for name in options.only:
        check = load(name)
        number = options.number or (check.quick if options.quick else check.full)
        rows[name] = run(name, check, number, options.seed)
        say(name, f"{'done' if rows[name].is_good else 'FAILED'}, {rows[name].seconds:.0f} s")
    sys.stdout.write(f"\n{table(rows)}\n")
    for name, row in rows.items():
        for problem in row.problems:
            sys.stdout.write(f"{name}: {problem}\n")
    return 0 if all(row.is_good for row in rows.values()) else 1


def run(name: str, check: Check, number: int, seed: int) -> Row:
    """Run a check; an error of the check is a problem of its row."""
    started = time.monotonic()
    try:
        row = check.run(number, seed, lambda line: say(name, line))
    except Exception as error:
        traceback.print_exc()
        row = Row("the check itself failed", problems=[f"{type(error).__name__}: {error}"])
    row.seconds = time.monotonic() - started
    return row


def say(name: str, line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{name}: {line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
