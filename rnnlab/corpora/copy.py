"""Copy memory: random letters, a delay, a signal, then the same letters again.

    bdca----------=bdca.

Each line is a sentence. A model with memory can predict the letters after the signal with
certainty (Hochreiter and Schmidhuber 1997; Arjovsky et al. 2016). The letters before the delay are
unpredictable: their entropy is the floor.
"""

from __future__ import annotations

import math
from random import Random
from string import ascii_lowercase

from rnnlab.corpora._floor import Floor
from rnnlab.corpora._generated import MadeCorpus, Option, Options


def make(options: Options) -> str:
    """Return the corpus, one sentence per line."""
    generator = Random(options["seed"])
    delay = "-" * options["delay"] + "="
    lines = []
    for _ in range(options["sentences"]):
        indices = (int(generator.random() * options["symbols"]) for _ in range(options["length"]))
        letters = "".join(ascii_lowercase[i] for i in indices)
        lines.append(f"{letters}{delay}{letters}.\n")
    return "".join(lines)


def floor(options: Options, task: str) -> Floor | None:
    """Return the entropy of the letters to copy, per character of a sentence including EOS.

    Without memory, the lowest achievable loss is twice the floor.
    """
    if task != "sentences":
        return None
    num_chars = _num_chars(options)
    letters_nats = options["length"] * math.log(options["symbols"])
    return Floor(letters_nats / num_chars, None, 2 * letters_nats / num_chars)


def settings(options: Options) -> dict[str, int]:
    """Return the setting `length`, long enough that no sentence is truncated."""
    return {"length": max(100, _num_chars(options))}


def _num_chars(options: Options) -> int:
    """Return the number of characters in a sentence: letters twice, delay, signal, `.` and EOS."""
    return 2 * options["length"] + options["delay"] + 3


CORPUS = MadeCorpus(
    "sentences",
    make,
    floor,
    {
        "delay": Option(10, 0, 2_000, "steps between the letters and the signal"),
        "length": Option(4, 1, 100, "number of letters to copy"),
        "symbols": Option(4, 2, 26, "number of different letters"),
        "sentences": Option(10_000, 100, 1_000_000, "number of sentences"),
        "seed": Option(1, 0, 2**31 - 1, "seed of the text"),
    },
    is_shipped=False,
    settings=settings,
    num_chars=lambda options: options["sentences"] * _num_chars(options),
)
