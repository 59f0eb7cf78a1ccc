"""Compare our kernels with the equations over random shapes: `python -m tests.soak.native`.

Prints one line per cell, with the largest error. An error above 1e-5, relative to the largest value
of a tensor, ends the script, unless it is less than 8 times what one rounding of every weight to
float32 changes, or 4 times the error of the equations in float32: some shapes enlarge roundings, as
a normalisation of almost equal values does, or have gradients that cancel. Shapes are batches of 1
to 130 rows, 1 to 300 steps, 1 to 600 hidden units and 1 to 3 layers, half of them at the edges of
vectors, tiles and pieces of the kernels.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable

import torch

from rnnlab import native
from rnnlab.cells import Lookup
from tests.toys.parity import largest_error, make_stack, sensitivity

CLOSE, ROUNDINGS, RATIO = 1e-5, 8, 4
MOST_PRODUCTS = 3e9
"""Maximum number of multiplications of a pass in the equations: some seconds."""
MOST = {"batch": 130, "steps": 300, "hidden": 600}
EDGES = (4, 6, 8, 12, 16, 32, 48)
"""Sizes of vectors, tiles and pieces: a shape is at a multiple of one of them, or next to it."""


def size(chance: random.Random, most: int) -> int:
    """Return a size of at most `most`; small ones are more frequent."""
    drawn: int = round(most ** chance.random())
    if chance.random() < 0.5:
        edge = chance.choice(EDGES)
        drawn = edge * max(1, drawn // edge) + chance.choice((-1, 0, 1))
    return min(most, max(1, drawn))


def shape(chance: random.Random) -> dict[str, int]:
    """Return a random shape whose equations take some seconds at most."""
    while True:
        drawn = {name: size(chance, most) for name, most in MOST.items()}
        drawn["layers"] = chance.randint(1, 3)
        products = drawn["batch"] * drawn["steps"] * drawn["layers"] * 8 * drawn["hidden"] ** 2
        if products < MOST_PRODUCTS:
            return drawn


def error(
    cell: str, drawn: dict[str, int], seed: int, measure: Callable[..., float] = largest_error,
    engine: str = "native",
) -> float:  # fmt: skip
    """Return the largest error of a pass in float32, for inputs or for ids of vectors."""
    chance = random.Random(seed)
    generator = torch.Generator().manual_seed(chance.randrange(2**31))
    native.set_num_threads(chance.randint(1, 4))
    batch, steps, inputs = drawn["batch"], drawn["steps"], chance.randint(1, 40)
    stack = make_stack(
        cell, inputs, drawn["hidden"], drawn["layers"], residual=chance.random() < 0.3,
        engine=engine,
    )  # fmt: skip
    if chance.random() < 0.5:
        x = torch.randn(batch, steps, inputs, generator=generator)
        return measure(stack, x.requires_grad_())
    vectors = torch.randn(chance.randint(1, 90), inputs, generator=generator).requires_grad_()
    tokens_BT = torch.randint(len(vectors), (batch, steps), generator=generator)
    return measure(stack, Lookup(tokens_BT, vectors))


def is_due_to_float32(found: float, cell: str, drawn: dict[str, int], seed: int) -> bool:
    """Return whether a shape enlarges the roundings of float32 to an error above CLOSE."""
    if found < ROUNDINGS * error(cell, drawn, seed, sensitivity):
        return True
    return found < RATIO * error(cell, drawn, seed, engine="equations")


def main() -> int:
    """Return 1 when a shape has too large an error."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--shapes", type=int, default=40, help="shapes per cell (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="the seed (%(default)s)")
    parser.add_argument("--cells", nargs="+", default=None, help="cells (all with kernels)")
    options = parser.parse_args()
    for cell in options.cells or (*native.SEQUENCE_CELLS, *native.SCAN_CELLS):
        chance = random.Random(f"{options.seed} {cell}")
        worst = 0.0
        for _ in range(options.shapes):
            drawn, seed = shape(chance), chance.randrange(2**31)
            found = error(cell, drawn, seed)
            worst = max(worst, found)
            if not (found < CLOSE or is_due_to_float32(found, cell, drawn, seed)):
                sys.stdout.write(f"{cell}: an error of {found:.1e} for {drawn}\n")
                return 1
        sys.stdout.write(f"{cell}: {options.shapes} shapes, errors of at most {worst:.1e}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
