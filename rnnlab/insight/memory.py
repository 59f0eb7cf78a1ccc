"""Memory: how far back a model remembers, measured by truncating or changing the context.

The view draws two curves over k. The first is the loss of a target if the model reads only the k
tokens before it: where the curve is flat, more context does not help. The second is the
Kullback-Leibler divergence between the predictions before and after the token k steps back is
replaced. Shapes: B sequences, T tokens, C tokens of the vocabulary or classes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from rnnlab.insight._sample import draw_sample
from rnnlab.insight._subject import InspectedModel, Wishes, check_finite
from rnnlab.insight._through_time import Sample
from rnnlab.models import Classifier, TextModel
from rnnlab.plots import Chart, Curve, Finding, Table, brief

ROWS = 64
"""Maximum number of positions at which the model predicts."""
LEAST = 16
"""Minimum number of tokens of a text."""
_DISTANCES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
_SEED = 0
"""Seed of the random replacement tokens."""
_FLAT = 0.05
"""Fraction of the full context's improvement that may be missing where the memory ends."""
_ROUNDING = 1e-6
"""Relative rounding error of a loss in float32: the order of the sums depends on the context."""


def view(subject: InspectedModel, wishes: Wishes) -> Finding:
    """Return the loss (nats) by context, and the effect (nats) of a replaced token by distance."""
    model = subject.loaded.model
    sample = _windows(subject, wishes.text)
    num_rows, length = sample.tokens_BT.shape
    distances = [k for k in _DISTANCES if k < length] + [length]
    losses = loss_by_context(model, sample, distances)
    effects = effect_by_distance(model, sample, distances)
    check_finite(subject, [*losses, *effects])
    reach = _reach(distances, losses)
    xs = tuple(map(float, distances))
    return Finding(
        view="memory",
        run=subject.name,
        step=subject.loaded.step,
        says=sentences(distances, losses, effects, reach),
        pictures=(
            Chart(
                "loss by tokens of context", "tokens", "nats",
                (Curve("loss", xs, tuple(losses), 0, "points"),),
            ),
            Chart(
                "effect of replacing the token k steps back (KL)", "k", "nats",
                (Curve("KL", xs, tuple(effects), 1, "points"),), is_log=True,
            ),
            Table(
                f"at {num_rows} positions with {length} tokens of context each",
                ("k", "loss with context k", "effect k steps back"),
                tuple(
                    (str(k), f"{loss:.4f}", brief(effect))
                    for k, loss, effect in zip(distances, losses, effects, strict=True)
                ),
            ),
        ),
        figures={
            "sample": {"num_rows": num_rows, "length": length},
            "distances": distances,
            "losses": losses,
            "effects": effects,
            "reach": reach,
        },
    )  # fmt: skip


def _windows(subject: InspectedModel, text: str | None) -> Sample:
    """Return windows of the validation split or of a text; the model predicts their last target."""
    if text is None:
        length = min(max(_DISTANCES), max(subject.loaded.config.length, LEAST))
        device = subject.loaded.model.device
        return draw_sample(subject.dataset.held_out, ROWS, length, device)
    sample = subject.sample(text, least=LEAST)
    num = sample.tokens_BT.shape[1]
    length = min(max(_DISTANCES), max(LEAST // 2, num // 2))
    starts = np.unique(np.linspace(0, num - length, ROWS).astype(int))
    return Sample(
        torch.cat([sample.tokens_BT[:, s : s + length] for s in starts]),
        torch.cat([sample.targets[:, s : s + length] for s in starts]),
    )


def loss_by_context(model: TextModel, sample: Sample, distances: Sequence[int]) -> list[float]:
    """Return the mean loss (nats) of the last target, given only the last k tokens, for each k."""
    targets_B = _targets(sample)
    losses = [
        torch.nn.functional.nll_loss(predict_last(model, sample.tokens_BT[:, -k:]), targets_B)
        for k in distances
    ]
    means: list[float] = torch.stack(losses).tolist()
    return means


def effect_by_distance(model: TextModel, sample: Sample, distances: Sequence[int]) -> list[float]:
    """Return for each k the KL(before || after) in nats of replacing the token k steps back.

    The KL divergence is the mean over the rows. A new token is drawn from the sample's tokens that
    differ from the old one.
    """
    before_BC = predict_last(model, sample.tokens_BT)
    rng = np.random.default_rng(_SEED)
    effects = []
    for k in distances:
        changed_BT = sample.tokens_BT.clone()
        changed_BT[:, -k] = _others(sample.tokens_BT, changed_BT[:, -k], rng)
        after_BC = predict_last(model, changed_BT)
        effects.append((before_BC.exp() * (before_BC - after_BC)).sum(1).mean())
    means: list[float] = torch.stack(effects).clamp(min=0.0).tolist()
    return means


@torch.no_grad()
def predict_last(model: TextModel, tokens_BT: Tensor) -> Tensor:
    """Return the log-probs [B, C] (nats) that a model gives after each row of tokens."""
    state = model.start_state(len(tokens_BT))
    y_BTF, _ = model.rnn(model.embed(tokens_BT), state)
    if isinstance(model, Classifier):
        lengths_B = torch.full((len(tokens_BT),), tokens_BT.shape[1], device=tokens_BT.device)
        return model.log_probs(model.logits(model.pool(y_BTF, lengths_B)))
    return model.log_probs(model.logits(y_BTF[:, -1]))


def _targets(sample: Sample) -> Tensor:
    return sample.targets[:, -1] if sample.targets.ndim > 1 else sample.targets


def _others(tokens_BT: Tensor, old_B: Tensor, rng: np.random.Generator) -> Tensor:
    """Return for every row a random token of the sample that differs from the old one."""
    pool = tokens_BT.flatten().cpu().numpy()
    others = []
    for old in old_B.tolist():
        different = pool[pool != old]
        others.append(int(rng.choice(different)) if len(different) else old)
    return torch.tensor(others, device=tokens_BT.device)


def _reach(distances: Sequence[int], losses: Sequence[float]) -> int:
    """Return the shortest context that gives nearly the full improvement: see _FLAT."""
    least = min(losses)
    enough = least + max(_FLAT * (losses[0] - least), _ROUNDING * abs(least))
    return next(k for k, loss in zip(distances, losses, strict=True) if loss <= enough)


def sentences(
    distances: Sequence[int], losses: Sequence[float], effects: Sequence[float], reach: int
) -> tuple[str, ...]:
    """Return one sentence on the losses by context, and one on the effects by distance."""
    gain = f"{reach} tokens give {1 - _FLAT:.0%} of the improvement"
    if losses[0] - losses[-1] <= _ROUNDING * abs(losses[0]):
        gain = "more context does not help here"
    return (
        f"The loss is {losses[0]:.3f} with one token of context, {losses[-1]:.3f} with "
        f"{distances[-1]}; {gain}.",
        _effects_sentence(distances, effects),
    )


def _effects_sentence(distances: Sequence[int], effects: Sequence[float]) -> str:
    """Return a sentence on where the effect stays below 1% of the last token's, if it does."""
    are_faint = [effect < effects[0] / 100 for effect in effects]
    num_tail = next((n for n, is_faint in enumerate(reversed(are_faint)) if not is_faint), 0)
    if num_tail:
        return (
            f"Replacing a token {distances[-num_tail]} or more steps back has less than 1% of the "
            "effect of replacing the last token."
        )
    nearer = " (some nearer ones have less than 1%)" if any(are_faint) else ""
    return (
        f"Replacing a token {distances[-1]} steps back still has "
        f"{effects[-1] / max(effects[0], 1e-30):.1%} of the effect of replacing the last token"
        f"{nearer}."
    )
