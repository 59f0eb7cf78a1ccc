"""Difference of two models on a text: which model predicts each token better, and by how much.

For every token, the view gives its log-prob under each model, and the Kullback-Leibler divergence
between the two distributions that predict it. Shapes: T tokens, V tokens of the vocabulary.
"""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.base.errors import BadInputError
from rnnlab.corpora import Ids
from rnnlab.insight._subject import InspectedModel, Wishes, around, check_finite, tokens_of
from rnnlab.plots import Chart, Curve, Finding, ShadedText, Table

_MOST = 600
"""Maximum number of tokens of the text."""
_LEAST = 2
_NUM_LISTED = 8
_AROUND = 18
"""Number of characters shown before a token."""


def view(subject: InspectedModel, wishes: Wishes) -> Finding:
    """Return, for every token, its log-prob under both models and their KL divergence (nats)."""
    if wishes.other is None:
        raise BadInputError(
            "this view compares two models", "name the second model with --with RUN"
        )
    ours = subject.loaded
    other_ids = _ids_in_other(subject, wishes.other)
    ids = subject.read(wishes.text, least=_LEAST, most=_MOST)
    tokens = tokens_of(ours, ids)
    p_TV = next_log_probs(subject, ids)
    q_TV = next_log_probs(wishes.other, other_ids[ids].numpy())[:, other_ids]
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
        says=_sentences(names, losses, better, kl_pq_T.mean().item(), subject.noun),
        pictures=(
            _shaded(names, gain_T, tokens, subject.noun),
            Chart(
                f"KL divergence of the models at each {subject.noun}", subject.noun, "nats",
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
    """Return the log-probs [T, V] (nats, float64) that predict each token of a text."""
    model = subject.loaded.language_model
    log_probs_1TV, _ = model.read(torch.from_numpy(ids)[None].to(model.device))
    return log_probs_1TV[0, :-1].double().cpu()


def _ids_in_other(subject: InspectedModel, other: InspectedModel) -> Tensor:
    """Return the ids [V] that the subject's tokens have in the other vocabulary.

    Raises BadInputError if the vocabularies do not have the same tokens.
    """
    ours, theirs = subject.loaded.vocabulary.tokens, other.loaded.vocabulary.tokens
    id_of = {token: i for i, token in enumerate(theirs)}
    unshared = sorted(set(ours) ^ set(theirs))
    if unshared:
        examples = ", ".join(map(repr, unshared[:5]))
        raise BadInputError(
            f"{subject.name!r} and {other.name!r} have different vocabularies (only one of "
            f"them has {examples})",
            "choose a run on the same corpus",
        )
    return torch.tensor([id_of[token] for token in ours])


def _names(subject: InspectedModel, other: InspectedModel) -> tuple[str, str]:
    if subject.name != other.name:
        return subject.name, other.name
    return f"{subject.name}@{subject.loaded.step}", f"{other.name}@{other.loaded.step}"


def _shaded(
    names: tuple[str, str], gain_T: Tensor, tokens: tuple[str, ...], noun: str
) -> ShadedText:
    size = max(gain_T.abs().max().item(), 1e-9)
    return ShadedText(
        title=f"which model gives each {noun} a higher probability",
        tokens=tokens,
        shades=tuple((gain_T / size).tolist()),
        high=f"{names[0]} by {size:.2g} nats",
        low=f"{names[1]} by {size:.2g}",
    )


def _table(names: tuple[str, str], gain_T: Tensor, tokens: tuple[str, ...], noun: str) -> Table:
    """Return a table of the tokens whose log-probs differ most, in favour of each model."""
    order = gain_T.argsort(descending=True).tolist()
    rows = []
    for places, winner in ((order[:_NUM_LISTED], 0), (order[::-1][:_NUM_LISTED], 1)):
        rows += [
            (around(tokens, place, _AROUND), names[winner], f"{gain_T[place]:+.3f}")
            for place in places
            if (gain_T[place] > 0 if winner == 0 else gain_T[place] < 0)
        ]
    header = (f"{noun} in brackets", "better", "nats")
    return Table("largest differences", header, tuple(rows))


def _sentences(
    names: tuple[str, str], losses: tuple[float, float], better: float, kl: float, noun: str
) -> tuple[str, ...]:
    if losses[0] == losses[1]:
        return (f"Both models have the same loss on this text: {losses[0]:.4f} nats per {noun}.",)
    winner = 0 if losses[0] < losses[1] else 1
    fraction = better if winner == 0 else 1 - better
    return (
        f"{names[winner]} is better on this text: {losses[winner]:.4f} against "
        f"{losses[1 - winner]:.4f} nats per {noun}; it gives {fraction:.0%} of the {noun}s a "
        "higher probability.",
        f"The mean KL divergence of their distributions is {kl:.3f} nats.",
    )
