"""The n-back task: after each letter a mark says whether it is that of n letters before.

    a.b.a!c.a!c!        (n = 2)

Half of the letters come again after n others, so that both the letter and its mark can be told
better by a net that keeps the last n in their order and brings them up to date at every step (the
task is Kirchner's, 1958). One long stream.
"""

from __future__ import annotations

import math
from random import Random
from string import ascii_lowercase

from rnnlab.corpora._floor import Floor
from rnnlab.corpora._generated import MadeCorpus, Option, Options

SAME, OTHER = "!", "."


def make(options: Options) -> str:
    """Return the corpus, one line."""
    generator = Random(options["seed"])
    n, symbols = options["n"], options["symbols"]
    drawn = [int(generator.random() * symbols) for _ in range(n)]
    while len(drawn) < options["letters"] // 2:
        before = drawn[-n]
        is_same = generator.random() < 0.5
        another = (before + 1 + int(generator.random() * (symbols - 1))) % symbols
        drawn.append(before if is_same else another)
    is_same_again = (a == b for a, b in zip(drawn, drawn[n:], strict=False))
    marks = [OTHER] * n + [SAME if same else OTHER for same in is_same_again]
    return "".join(ascii_lowercase[i] + mark for i, mark in zip(drawn, marks, strict=True)) + "\n"


def floor(options: Options, task: str) -> Floor | None:
    """Return half the entropy of a letter given the last n: its mark is certain then.

    The letter is that of n before with probability 1/2, else one of S - 1 others: its entropy is
    ln 2 + ln(S - 1) / 2.
    Without memory every letter is as likely as another, and every mark as likely as not.
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
        "n": Option(2, 1, 200, "letters back"),
        "symbols": Option(4, 2, 26, "different letters"),
        "letters": Option(400_000, 2_000, 50_000_000, "letters of the text, marks included"),
        "seed": Option(1, 0, 2**31 - 1, "seed of the text"),
    },
    is_shipped=False,
)
