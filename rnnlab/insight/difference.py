"""Difference of two models on a text: how far apart they are at each letter, and which is right.

For every letter: the log-prob that each gave it, and the Kullback-Leibler divergence between the
two distributions of what comes next. Shapes: T tokens, V tokens of the vocabulary.
"""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.base.errors import BadInputError
from rnnlab.corpora import Ids
from rnnlab.insight._subject import InspectedModel, Wishes, around, check_finite, tokens_of
from rnnlab.plots import Chart, Curve, Finding, ShadedText, Table

_MOST = 600
_LEAST = 2
_NUM_LISTED = 8
_AROUND = 18


def view(subject: InspectedModel, wishes: Wishes) -> Finding:
    """Return KL and log-probs of every letter of a text for a model and the one compared with."""
    if wishes.other is None:
        raise BadInputError("a difference needs another model", "name it with --with RUN")
    ours = subject.loaded
    places = _places(subject, wishes.other)
    ids = subject.read(wishes.text, least=_LEAST, most=_MOST)
    tokens = tokens_of(ours, ids)
    p_TV = next_log_probs(subject, ids)
    q_TV = next_log_probs(wishes.other, places[ids].numpy())[:, places]
    kl_pq_T = (p_TV.exp() * (p_TV - q_TV)).sum(1)
    kl_qp_T = (q_TV.exp() * (q_TV - p_TV)).sum(1)
    check_finite(subject, kl_pq_T.tolist())
    check_finite(wishes.other, kl_qp_T.tolist())
    rows_T = torch.arange(len(ids))
    p_T, q_T = p_TV[rows_T, torch.from_numpy(ids)], q_TV[rows_T, torch.from_numpy(ids)]
    gain_T = p_T - q_T
    names = _names(subject, wishes.other)
    losses = (-p_T.mean().item(), -q_T.mean().item())
    better = ((gain_T > 0).double() + (gain_T == 0).double() / 2).mean().item()
    return Finding(
        view="difference",
        run=subject.name,
        step=ours.step,
        says=_says(names, losses, better, kl_pq_T.mean().item(), subject.noun),
        pictures=(
            _shaded(names, gain_T, tokens, subject.noun),
            Chart(
                f"divergence of the next {subject.noun}'s distributions", subject.noun, "nats",
                (Curve(f"KL({names[0]} || {names[1]})", tuple(map(float, range(len(ids)))),
                       tuple(kl_pq_T.tolist()), 0),),
            ),
            _table(names, gain_T, tokens, subject.noun),
        ),
        figures={
            "models": [
                {"run": one.name, "step": one.loaded.step, "loss_nats": loss}
                for one, loss in zip((subject, wishes.other), losses, strict=True)
            ],
            "tokens": list(tokens),
            "logprobs": [p_T.tolist(), q_T.tolist()],
            "kl": kl_pq_T.tolist(),
            "kl_reverse": kl_qp_T.tolist(),
            "mean_kl": kl_pq_T.mean().item(),
            "share_better": better,
        },
    )  # fmt: skip


def next_log_probs(subject: InspectedModel, ids: Ids) -> Tensor:
    """Return what a model expects before each token of a text, [T, V] log-probs in float64."""
    model = subject.loaded.language_model
    log_probs_1TV, _ = model.read(torch.from_numpy(ids)[None].to(model.device))
    return log_probs_1TV[0, :-1].double().cpu()


def _places(subject: InspectedModel, other: InspectedModel) -> Tensor:
    """Return where each token of one vocabulary stands in the other.

    Raises BadInputError where they do not know the same tokens.
    """
    ours, theirs = subject.loaded.vocabulary.tokens, other.loaded.vocabulary.tokens
    place = {token: i for i, token in enumerate(theirs)}
    alone = sorted(set(ours) ^ set(theirs))
    if alone:
        some = ", ".join(map(repr, alone[:5]))
        raise BadInputError(
            f"{subject.name!r} and {other.name!r} do not know the same {subject.noun}s ({some})",
            "compare models of one corpus",
        )
    return torch.tensor([place[token] for token in ours])


def _names(subject: InspectedModel, other: InspectedModel) -> tuple[str, str]:
    if subject.name != other.name:
        return subject.name, other.name
    return f"{subject.name}@{subject.loaded.step}", f"{other.name}@{other.loaded.step}"


def _shaded(
    names: tuple[str, str], gain_T: Tensor, tokens: tuple[str, ...], noun: str
) -> ShadedText:
    size = max(gain_T.abs().max().item(), 1e-9)
    return ShadedText(
        title=f"which of the two expected each {noun} more",
        tokens=tokens,
        shades=tuple((gain_T / size).tolist()),
        high=f"{names[0]} by {size:.2g} nats",
        low=f"{names[1]} by {size:.2g}",
    )


def _table(names: tuple[str, str], gain_T: Tensor, tokens: tuple[str, ...], noun: str) -> Table:
    """Return the tokens at which either is most ahead of the other."""
    order = gain_T.argsort(descending=True).tolist()
    rows = []
    for places, winner in ((order[:_NUM_LISTED], 0), (order[::-1][:_NUM_LISTED], 1)):
        rows += [
            (around(tokens, place, _AROUND), names[winner], f"{gain_T[place]:+.3f}")
            for place in places
            if (gain_T[place] > 0 if winner == 0 else gain_T[place] < 0)
        ]
    header = (f"{noun} in brackets", "better", "nats")
    return Table("where one is most ahead", header, tuple(rows))


def _says(
    names: tuple[str, str], losses: tuple[float, float], better: float, kl: float, noun: str
) -> tuple[str, ...]:
    if losses[0] == losses[1]:
        return (f"Both expect this text alike: {losses[0]:.4f} nats a {noun}.",)
    winner = 0 if losses[0] < losses[1] else 1
    share = better if winner == 0 else 1 - better
    return (
        f"{names[winner]} is better on this text: {losses[winner]:.4f} nats a {noun} "
        f"against {losses[1 - winner]:.4f}; it expects {share:.0%} of the {noun}s more.",
        f"On average their distributions are {kl:.3f} nats apart.",
    )
