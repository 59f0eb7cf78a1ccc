"""Memory: how far back a net remembers, by what it loses when the past is cut off or changed.

Two curves over k. The loss of a target when only the k tokens before it are read: where the curve
lies flat, more context is no help. And how far the distribution moves (Kullback-Leibler divergence)
when the token k steps back is exchanged for another. Shapes: B sequences, T tokens, C tokens of the
vocabulary or classes, K distances.
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
LEAST = 16
"""Tokens of a text that a memory can be probed with."""
_DISTANCES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
_SEED = 0
"""Decides which token stands in for another."""
_FLAT = 0.05
"""Share of what context gains that may be missing where the memory is said to end."""
_ROUNDING = 1e-6
"""Share of a loss by which rounding alone changes it in float32: sums over more tokens are rounded
otherwise."""


def view(subject: InspectedModel, wishes: Wishes) -> Finding:
    """Return the loss by kept context and the effect of a changed token by its distance."""
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
                "loss by tokens of context kept", "tokens", "nats",
                (Curve("loss", xs, tuple(losses), 0, "points"),),
            ),
            Chart(
                "effect of another token k steps back (KL)", "k", "nats",
                (Curve("KL", xs, tuple(effects), 1, "points"),), is_log=True,
            ),
            Table(
                f"on {num_rows} places, {length} tokens before each",
                ("tokens back", "loss with so many", "effect of another one"),
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
    """Return windows whose last target is predicted; of a user's text as many as it holds."""
    if text is None:
        length = min(max(_DISTANCES), max(subject.loaded.config.length, LEAST))
        device = subject.loaded.model.device
        return draw_sample(subject.dataset.splits["val"], ROWS, length, device)
    sample = subject.sample(text, least=LEAST)
    num = sample.tokens_BT.shape[1]
    length = min(max(_DISTANCES), max(LEAST // 2, num // 2))
    starts = np.unique(np.linspace(0, num - length, ROWS).astype(int))
    return Sample(
        torch.cat([sample.tokens_BT[:, s : s + length] for s in starts]),
        torch.cat([sample.targets[:, s : s + length] for s in starts]),
    )


def loss_by_context(model: TextModel, sample: Sample, distances: Sequence[int]) -> list[float]:
    """Return the mean loss of the last target when only so many tokens before it are read."""
    targets_B = _targets(sample)
    losses = [
        torch.nn.functional.nll_loss(predict_last(model, sample.tokens_BT[:, -k:]), targets_B)
        for k in distances
    ]
    found: list[float] = torch.stack(losses).tolist()
    return found


def effect_by_distance(model: TextModel, sample: Sample, distances: Sequence[int]) -> list[float]:
    """Return KL(before || after), mean over the rows, of another token at each distance.

    It is drawn from the tokens of the sample that differ from the one that stands there.
    """
    before_BC = predict_last(model, sample.tokens_BT)
    chance = np.random.default_rng(_SEED)
    effects = []
    for k in distances:
        changed_BT = sample.tokens_BT.clone()
        changed_BT[:, -k] = _others(sample.tokens_BT, changed_BT[:, -k], chance)
        after_BC = predict_last(model, changed_BT)
        effects.append((before_BC.exp() * (before_BC - after_BC)).sum(1).mean())
    found: list[float] = torch.stack(effects).clamp(min=0.0).tolist()
    return found


@torch.no_grad()
def predict_last(model: TextModel, tokens_BT: Tensor) -> Tensor:
    """Return the log-probs [B, C] after rows of tokens, each read from the start state."""
    state = model.start_state(len(tokens_BT))
    y_BTF, _ = model.rnn(model.embed(tokens_BT), state)
    if isinstance(model, Classifier):
        lengths_B = torch.full((len(tokens_BT),), tokens_BT.shape[1], device=tokens_BT.device)
        return model.log_probs(model.logits(model.pool(y_BTF, lengths_B)))
    return model.log_probs(model.logits(y_BTF[:, -1]))


def _targets(sample: Sample) -> Tensor:
    return sample.targets[:, -1] if sample.targets.ndim > 1 else sample.targets


def _others(tokens_BT: Tensor, here_B: Tensor, chance: np.random.Generator) -> Tensor:
    """Return for every row a token of the sample that is not the one given."""
    pool = tokens_BT.flatten().cpu().numpy()
    others = []
    for here in here_B.tolist():
        different = pool[pool != here]
        others.append(int(chance.choice(different)) if len(different) else here)
    return torch.tensor(others, device=tokens_BT.device)


def _reach(distances: Sequence[int], losses: Sequence[float]) -> int:
    """Return the context from which on nearly all is gained that more of it could."""
    least = min(losses)
    enough = least + max(_FLAT * (losses[0] - least), _ROUNDING * abs(least))
    return next(k for k, loss in zip(distances, losses, strict=True) if loss <= enough)


def sentences(
    distances: Sequence[int], losses: Sequence[float], effects: Sequence[float], reach: int
) -> tuple[str, ...]:
    """Return one sentence on the losses by distance, one on the effects."""
    far = distances[-1]
    faint = next((k for k, e in zip(distances, effects, strict=True) if e < effects[0] / 100), None)
    gained = f"{1 - _FLAT:.0%} of the gain is there with {reach}"
    if losses[0] - losses[-1] <= _ROUNDING * abs(losses[0]):
        gained = "reading more is no gain here"
    return (
        f"With one token of context the loss is {losses[0]:.3f}, with {far} it is "
        f"{losses[-1]:.3f}; {gained}.",
        f"A changed token has a hundredth of its effect {faint} steps on."
        if faint is not None
        else f"A changed token still has {effects[-1] / max(effects[0], 1e-30):.1%} of its effect "
        f"{far} steps on.",
    )
