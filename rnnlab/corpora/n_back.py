"""The n-back task: the mark after each letter shows whether it equals the letter n steps back.

    a.b.a!c.a!c!        (n = 2)

Half of the letters equal the letter n steps back. A model that stores the last n letters in order,
and updates them at every step, predicts both letters and marks better (Kirchner 1958). The corpus
is one long stream.
"""

from __future__ import annotations

import math
from random import Random
from string import ascii_lowercase

from rnnlab.corpora._floor import Floor
from rnnlab.corpora._generated import MadeCorpus, Option, Options

SAME, OTHER = "!", "."


def make(options: Options) -> str:
    """Return the corpus, as one line."""
    generator = Random(options["seed"])
    n, symbols = options["n"], options["symbols"]
    letters = [int(generator.random() * symbols) for _ in range(n)]
    while len(letters) < options["letters"] // 2:
        before = letters[-n]
        is_same = generator.random() < 0.5
        another = (before + 1 + int(generator.random() * (symbols - 1))) % symbols
        letters.append(before if is_same else another)
    is_same_again = (a == b for a, b in zip(letters, letters[n:], strict=False))
    marks = [OTHER] * n + [SAME if same else OTHER for same in is_same_again]
    return "".join(ascii_lowercase[i] + mark for i, mark in zip(letters, marks, strict=True)) + "\n"


def floor(options: Options, task: str) -> Floor | None:
    """Return the floor per character: half the entropy of a letter given the last n letters.

    The other half of the characters are marks, which are certain. A letter equals the letter n
    steps back with probability 1/2, otherwise it is one of the S - 1 others: its entropy is
    ln 2 + ln(S - 1) / 2. Without memory, all letters and both marks are equally probable.
    """
    if task != "stream":
        return None
    symbols = options["symbols"]
    letter_nats = math.log(2) + math.log(symbols - 1) / 2
    return Floor(letter_nats / 2, None, (math.log(symbols) + math.log(2)) / 2)


CORPUS = MadeCorpus(
    "stream",
    make,
    floor,
    {
        "n": Option(2, 1, 200, "distance in letters"),
        "symbols": Option(4, 2, 26, "number of different letters"),
        "letters": Option(400_000, 2_000, 50_000_000, "length in characters, with marks"),
        "seed": Option(1, 0, 2**31 - 1, "seed of the text"),
    },
    is_shipped=False,
)
