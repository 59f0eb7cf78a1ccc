"""The published formula of every filter over plain numbers, up to a factor."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

from hypothesis import assume

from tests.toys.filter_rows import (
    EOS,
    LAST,
    PIECES,
    Row,
    text,
)  # fmt: skip

EDGE = 3e-6
"""Distance from a threshold within which rounding, and the filters' tolerance for it, decide."""


def best_first(probs: list[float]) -> list[int]:
    return sorted(range(len(probs)), key=lambda i: (-probs[i], i))


def entropy_of(probs: list[float]) -> float:
    return -math.fsum(p * math.log(p) for p in probs if p)


def until(order: list[int], probs: list[float], goal: float) -> list[float]:
    """Keep tokens in an order until their mass reaches a goal."""
    kept = set()
    mass = 0.0
    for i in order:
        if mass >= goal:
            break
        assume(abs(mass + probs[i] - goal) > EDGE)
        kept.add(i)
        mass += probs[i]
    return [p if i in kept else 0.0 for i, p in enumerate(probs)]


def at_least(probs: list[float], bar: float) -> list[float]:
    assume(all(abs(p - bar) > EDGE * bar for p in probs))
    best = best_first(probs)[0]
    return [p if p >= bar or i == best else 0.0 for i, p in enumerate(probs)]


def naive_prefix(probs: list[float], prefix: str, row: Row) -> list[float]:
    before = text(row.written)
    # Within a search a row has a letter of the prefix for each token: none is longer and departs.
    if before.startswith(prefix) or len(row.written) >= len(prefix):
        return probs
    after = [before + piece for piece in PIECES[: len(probs)]]
    return [
        p if PIECES[i] and (after[i].startswith(prefix) or prefix.startswith(after[i])) else 0.0
        for i, p in enumerate(probs)
    ]


def naive_bias(probs: list[float], biases: str, row: Row) -> list[float]:
    weights = list(probs)
    for bias in biases.split("|"):
        string, nats = bias.split("=")
        for i, piece in enumerate(PIECES[: len(probs)]):
            if piece and (text(row.tokens) + piece).endswith(string):
                weights[i] *= math.exp(float(nats))
    return weights


def naive_ban(probs: list[float], strings: str, row: Row) -> list[float]:
    before = text(row.tokens)
    # A string is newly written when it is there more often than before.
    return [
        0.0
        if any(
            (before + PIECES[i]).endswith(string, 0, end)
            for string in strings.split("|")
            for end in range(len(before) + 1, len(before + PIECES[i]) + 1)
        )
        else p
        for i, p in enumerate(probs)
    ]


def naive_repetition(probs: list[float], penalty: float, row: Row) -> list[float]:
    return [p**penalty if i in row.tokens[-LAST:] else p for i, p in enumerate(probs)]


def naive_presence(probs: list[float], nats: float, row: Row) -> list[float]:
    return [p * math.exp(-nats * (i in row.tokens[-LAST:])) for i, p in enumerate(probs)]


def naive_frequency(probs: list[float], nats: float, row: Row) -> list[float]:
    return [p * math.exp(-nats * row.tokens[-LAST:].count(i)) for i, p in enumerate(probs)]


def naive_no_repeat(probs: list[float], n: int, row: Row) -> list[float]:
    known = {row.tokens[i : i + n] for i in range(len(row.tokens) - n + 1)}
    return [0.0 if (*row.tokens, i)[-n:] in known else p for i, p in enumerate(probs)]


def naive_min_length(probs: list[float], num: int, row: Row) -> list[float]:
    return [0.0 if i == EOS and len(row.written) < num else p for i, p in enumerate(probs)]


def naive_no_eos(probs: list[float], _ban: str, row: Row) -> list[float]:
    return [0.0 if i == EOS else p for i, p in enumerate(probs)]


def naive_temperature(probs: list[float], temperature: float, row: Row) -> list[float]:
    return [(p / max(probs)) ** (1 / temperature) for p in probs]


def naive_top_n_sigma(probs: list[float], n: float, row: Row) -> list[float]:
    logits = [math.log(p) for p in probs if p]
    mean = math.fsum(logits) / len(logits)
    sigma = math.sqrt(math.fsum((logit - mean) ** 2 for logit in logits) / len(logits))
    bar = max(logits) - n * sigma
    assume(all(logit == max(logits) or abs(logit - bar) > 1e-9 for logit in logits))
    return [p if p == max(probs) or (p and math.log(p) >= bar) else 0.0 for p in probs]


def naive_top_k(probs: list[float], k: int, row: Row) -> list[float]:
    kept = set(best_first(probs)[:k])
    return [p if i in kept else 0.0 for i, p in enumerate(probs)]


def naive_top_p(probs: list[float], p: float, row: Row) -> list[float]:
    return until(best_first(probs), probs, p)


def naive_min_p(probs: list[float], min_p: float, row: Row) -> list[float]:
    return at_least(probs, min_p * max(probs))


def naive_typical(probs: list[float], tau: float, row: Row) -> list[float]:
    mean = entropy_of(probs)
    distance = [abs(-math.log(p) - mean) if p else math.inf for p in probs]
    order = sorted(range(len(probs)), key=lambda i: (distance[i], i))
    for i, j in itertools.pairwise(order):
        # Two tokens as far above as below the entropy: rounding decides which comes first.
        assume(probs[i] == probs[j] or distance[j] - distance[i] > 1e-9)
    return until(order, probs, tau)


def naive_epsilon(probs: list[float], epsilon: float, row: Row) -> list[float]:
    return at_least(probs, epsilon)


def naive_eta(probs: list[float], eta: float, row: Row) -> list[float]:
    return at_least(probs, min(eta, math.sqrt(eta) * math.exp(-entropy_of(probs))))


NAIVE: dict[str, Callable[[list[float], Any, Row], list[float]]] = {
    "prefix": naive_prefix,
    "bias": naive_bias,
    "repetition": naive_repetition,
    "presence": naive_presence,
    "frequency": naive_frequency,
    "no-repeat": naive_no_repeat,
    "ban": naive_ban,
    "min-length": naive_min_length,
    "no-eos": naive_no_eos,
    "temperature": naive_temperature,
    "top-n-sigma": naive_top_n_sigma,
    "top-k": naive_top_k,
    "top-p": naive_top_p,
    "min-p": naive_min_p,
    "typical": naive_typical,
    "epsilon": naive_epsilon,
    "eta": naive_eta,
}
"""The published formula over plain numbers, up to a factor."""
