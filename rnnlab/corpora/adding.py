"""The adding problem: the sum of the two marked numbers of a row is its class.

    5,"3 7 plus2 0 9 plus3 1 4"

Numbers stand for tenths, rounded, and so is their sum: 19 classes, of which the most frequent is
right in one case of ten. One mark lies in the first half of a row, one in the second (Hochreiter
and Schmidhuber 1997, section 5.4).
"""

from __future__ import annotations

from random import Random

from rnnlab.corpora._floor import Floor
from rnnlab.corpora._generated import MadeCorpus, Option, Options


def make(options: Options) -> str:
    """Return the corpus, a table of label and text."""
    generator = Random(options["seed"])
    half = options["length"] // 2
    rows = ["label,text\n"]
    for _ in range(options["rows"]):
        numbers = [int(generator.random() * 10) for _ in range(options["length"])]
        marked = int(generator.random() * half), half + int(generator.random() * half)
        shown = [f"plus{n}" if i in marked else str(n) for i, n in enumerate(numbers)]
        rows.append(f"{sum(numbers[i] for i in marked)},{' '.join(shown)}\n")
    return "".join(rows)


def floor(options: Options, task: str) -> Floor | None:
    """Return certainty: the sum can be told without fault."""
    return Floor(0.0, 1.0) if task == "classify" else None


def settings(options: Options) -> dict[str, int]:
    """Return the settings that do not cut a row."""
    return {"length": max(200, options["length"])}


CORPUS = MadeCorpus(
    "classify",
    make,
    floor,
    {
        "length": Option(20, 2, 2_000, "numbers in a row"),
        "rows": Option(10_000, 200, 1_000_000, "rows of the table"),
        "seed": Option(1, 0, 2**31 - 1, "seed of the text"),
    },
    ending=".csv",
    is_shipped=False,
    settings=settings,
)
