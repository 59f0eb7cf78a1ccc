"""Copy memory: some letters, a delay, a sign, then the same letters again.

    bdca----------=bdca.

A sentence each. What comes after the sign is certain for whoever remembers it over the delay, and a
guess for whoever does not (Hochreiter and Schmidhuber 1997; Arjovsky et al. 2016). The letters
before the delay are a guess for everyone: they make the floor.
"""

from __future__ import annotations

import math
from random import Random
from string import ascii_lowercase

from rnnlab.corpora._floor import Floor
from rnnlab.corpora._generated import MadeCorpus, Option, Options


def make(options: Options) -> str:
    """Return the corpus, a sentence a line."""
    generator = Random(options["seed"])
    wait = "-" * options["delay"] + "="
    lines = []
    for _ in range(options["sentences"]):
        drawn = (int(generator.random() * options["symbols"]) for _ in range(options["length"]))
        letters = "".join(ascii_lowercase[i] for i in drawn)
        lines.append(f"{letters}{wait}{letters}.\n")
    return "".join(lines)


def floor(options: Options, task: str) -> Floor | None:
    """Return the entropy of the letters to copy, over all letters and the end of a sentence.

    Without memory each letter costs its entropy twice.
    """
    if task != "sentences":
        return None
    num_letters = _num_letters(options)
    letters_nats = options["length"] * math.log(options["symbols"])
    return Floor(letters_nats / num_letters, None, 2 * letters_nats / num_letters)


def settings(options: Options) -> dict[str, int]:
    """Return the settings that do not cut a sentence."""
    return {"length": max(100, _num_letters(options))}


def _num_letters(options: Options) -> int:
    """Return the letters of a sentence: what is copied, twice, the delay, the sign, two ends."""
    return 2 * options["length"] + options["delay"] + 3


CORPUS = MadeCorpus(
    "sentences",
    make,
    floor,
    {
        "delay": Option(10, 0, 2_000, "steps between the letters and the sign"),
        "length": Option(4, 1, 100, "letters to copy"),
        "symbols": Option(4, 2, 26, "different letters"),
        "sentences": Option(10_000, 100, 1_000_000, "sentences of the text"),
        "seed": Option(1, 0, 2**31 - 1, "seed of the text"),
    },
    is_shipped=False,
    settings=settings,
)
