"""The adding problem: the class of a row is the sum of its two marked numbers.

    5,"3 7 plus2 0 9 plus3 1 4"

The numbers are digits, so there are 19 classes; always predicting the most frequent class is
correct in one case of ten. One marked number is in the first half of a row, the other in the second
half (Hochreiter and Schmidhuber 1997, section 5.4).
"""

from __future__ import annotations

from random import Random

from rnnlab.corpora._floor import Floor
from rnnlab.corpora._generated import MadeCorpus, Option, Options


def make(options: Options) -> str:
    """Return the corpus: a table of label and text."""
    generator = Random(options["seed"])
    half = options["length"] // 2
    rows = ["label,text\n"]
    for _ in range(options["rows"]):
        numbers = [int(generator.random() * 10) for _ in range(options["length"])]
        marked = int(generator.random() * half), half + int(generator.random() * half)
        words = [f"plus{n}" if i in marked else str(n) for i, n in enumerate(numbers)]
        rows.append(f"{sum(numbers[i] for i in marked)},{' '.join(words)}\n")
    return "".join(rows)


def floor(options: Options, task: str) -> Floor | None:
    """Return a loss of 0 and an accuracy of 1: the numbers determine the class."""
    return Floor(0.0, 1.0) if task == "classify" else None


def settings(options: Options) -> dict[str, int]:
    """Return the setting `length`, long enough that no row is truncated."""
    return {"length": max(200, options["length"])}


CORPUS = MadeCorpus(
    "classify",
    make,
    floor,
    {
        "length": Option(20, 2, 2_000, "numbers per row"),
        "rows": Option(10_000, 200, 1_000_000, "number of rows"),
        "seed": Option(1, 0, 2**31 - 1, "seed of the text"),
    },
    ending=".csv",
    is_shipped=False,
    settings=settings,
    num_chars=lambda options: options["rows"] * (2 * options["length"] + 12),
)
