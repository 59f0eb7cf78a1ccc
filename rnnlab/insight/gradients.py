"""Gradients by layer and parameter: by epoch during training, and of the checkpoint on a sample.

The gradient norm of the first layer's recurrent weights, divided by that of the top layer's, shows
how much of the gradient reaches the first layer.
"""

from __future__ import annotations

import torch

from rnnlab.insight._between_layers import first_to_top
from rnnlab.insight._between_layers import layer_norms as by_layer
from rnnlab.insight._columns import columns_of, epochs_of, mean_norms
from rnnlab.insight._subject import InspectedModel, Wishes, check_finite
from rnnlab.insight._through_time import Sample
from rnnlab.models import Example, TextModel
from rnnlab.plots import Finding, HeatMap, NamedHistory, Picture, Table, brief, layer_norms
from rnnlab.runs.history import History


def view(subject: InspectedModel, wishes: Wishes) -> Finding:
    """Return the gradient norms by parameter: by epoch, from the journal, and on a sample."""
    model = subject.loaded.model
    sample = subject.sample(wishes.text)
    grads = gradient_norms(model, sample)
    check_finite(subject, grads.values())
    weights = {name: parameter.norm().item() for name, parameter in model.named_parameters()}
    epochs, by_parameter = epoch_norms(subject.history)
    pictures: list[Picture] = []
    if epochs:
        named = NamedHistory(subject.name, 0, subject.history)
        chart = layer_norms.chart([named], "step", is_log=True)
        pictures += [_heat(subject.history), chart]
    rows = [
        (name, brief(grad), brief(weights[name]), brief(grad / weights[name]))
        for name, grad in grads.items()
        if weights[name]
    ]
    num_rows, length = sample.tokens_BT.shape
    title = f"at this checkpoint, on {num_rows} validation sequences of {length} tokens"
    if wishes.text is not None:
        title = f"at this checkpoint, on the text ({length} tokens)"
    header = ("parameter", "gradient", "weight", "ratio")
    pictures.append(Table(title, header, tuple(rows)))
    ratio = first_to_top(by_layer(grads))
    return Finding(
        view="gradients",
        run=subject.name,
        step=subject.loaded.step,
        says=_sentences(ratio, model.rnn.num_layers),
        pictures=tuple(pictures),
        figures={
            "epochs": epochs,
            "by_epoch": by_parameter,
            "steps": [record.step for record in subject.history.layers],
            "by_step": _by_step(subject.history),
            "sample": {"num_rows": num_rows, "length": length},
            "grad_norms": grads,
            "weight_norms": weights,
            "first_over_last": ratio,
        },
    )


def gradient_norms(model: TextModel, sample: Sample) -> dict[str, float]:
    """Return parameter -> norm of the gradient of a sample's mean loss."""
    with torch.enable_grad():
        example = Example(sample.tokens_BT, sample.targets, None)
        logits_NC, targets_N, _ = model.predict(example, model.start_state(len(sample.tokens_BT)))
        loss = torch.nn.functional.cross_entropy(logits_NC, targets_N)
        learnt = model.learnt
        grads = torch.autograd.grad(loss, list(learnt.values()), materialize_grads=True)
    norms = torch.stack([grad.norm() for grad in grads]).tolist()
    return dict(zip(learnt, norms, strict=True))


def epoch_norms(history: History) -> tuple[list[int], dict[str, list[float | None]]]:
    """Return the epochs, counted from 1, and parameter -> its mean norm in each epoch."""
    columns = epochs_of(history)
    return list(map(int, columns.names)), mean_norms(history, columns)


def _heat(history: History) -> HeatMap:
    """Return a heat map of norms: a row per parameter, a column per epoch or tenth of a run."""
    columns = columns_of(history)
    by_parameter = mean_norms(history, columns)
    return HeatMap(
        title=f"gradient norm by parameter and {columns.label}",
        rows=tuple(by_parameter),
        columns=columns.names,
        values=tuple(map(tuple, by_parameter.values())),
        x_label=columns.label,
        is_log=True,
    )


def _by_step(history: History) -> dict[str, list[float | None]]:
    names = dict.fromkeys(name for record in history.layers for name in record.grad_norms)
    return {name: [r.grad_norms.get(name) for r in history.layers] for name in names}


def _sentences(ratio: float | None, num_layers: int) -> tuple[str, ...]:
    if num_layers == 1:
        return ("One layer: the gradient cannot vanish between layers.",)
    if ratio is None:
        return ("No gradient reaches the recurrent weights of the top layer.",)
    verdict = "little of it is lost between the layers"
    if ratio < 0.1:
        verdict = "most of it is lost between the layers, and the lower layers hardly learn"
    elif ratio < 0.5:
        verdict = "much of it is lost between the layers"
    elif ratio > 2:
        verdict = "it grows from the top layer down"
    return (
        f"The gradient of the first layer's recurrent weights is {ratio:.3g} times the "
        f"top layer's: {verdict}.",
    )
