"""Gradients by layer and parameter: over the epochs as trained, and on held-out text as it is now.

The first layer's share says how much of the gradient comes down to it: the norm of its recurrent
weights' gradient over the top layer's.
"""

from __future__ import annotations

import torch

from rnnlab.insight._between_layers import first_share
from rnnlab.insight._between_layers import layer_norms as by_layer
from rnnlab.insight._columns import columns_of, epochs_of, mean_norms
from rnnlab.insight._subject import InspectedModel, Wishes, check_finite
from rnnlab.insight._through_time import Sample
from rnnlab.models import Example, TextModel
from rnnlab.plots import Finding, HeatMap, NamedHistory, Picture, Table, brief, layer_norms
from rnnlab.runs.history import History


def view(subject: InspectedModel, wishes: Wishes) -> Finding:
    """Return the norms of the journal by parameter and epoch, and those of a sample."""
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
    title = f"now, on {num_rows} held-out sequences of {length} tokens"
    if wishes.text is not None:
        title = f"now, on the text given ({length} tokens)"
    header = ("parameter", "gradient", "weight", "ratio")
    pictures.append(Table(title, header, tuple(rows)))
    share = first_share(by_layer(grads))
    return Finding(
        view="gradients",
        run=subject.name,
        step=subject.loaded.step,
        says=_says(share, model.rnn.num_layers),
        pictures=tuple(pictures),
        figures={
            "epochs": epochs,
            "by_epoch": by_parameter,
            "steps": [record.step for record in subject.history.layers],
            "by_step": _by_step(subject.history),
            "sample": {"num_rows": num_rows, "length": length},
            "grad_norms": grads,
            "weight_norms": weights,
            "first_over_last": share,
        },
    )


def gradient_norms(model: TextModel, sample: Sample) -> dict[str, float]:
    """Return the norm of every parameter's gradient of the mean loss of a sample."""
    with torch.enable_grad():
        example = Example(sample.tokens_BT, sample.targets, None)
        logits_NC, targets_N, _ = model.predict(example, model.start_state(len(sample.tokens_BT)))
        loss = torch.nn.functional.cross_entropy(logits_NC, targets_N)
        learnt = model.learnt
        grads = torch.autograd.grad(loss, list(learnt.values()), materialize_grads=True)
    norms = torch.stack([grad.norm() for grad in grads]).tolist()
    return dict(zip(learnt, norms, strict=True))


def epoch_norms(history: History) -> tuple[list[int], dict[str, list[float | None]]]:
    """Return the epochs, counted from 1, and for each parameter its mean norm in each of them."""
    columns = epochs_of(history)
    return list(map(int, columns.names)), mean_norms(history, columns)


def _heat(history: History) -> HeatMap:
    """Return the norms by parameter over the run."""
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


def _says(share: float | None, num_layers: int) -> tuple[str, ...]:
    if num_layers == 1:
        return ("One layer: nothing can be lost between layers.",)
    if share is None:
        return ("No gradient reaches the recurrent weights of the top layer.",)
    verdict = "little is lost on the way down"
    if share < 0.1:
        verdict = "most of it is lost on the way down: the lower layers hardly learn"
    elif share < 0.5:
        verdict = "a good part is lost on the way down"
    elif share > 2:
        verdict = "it grows on the way down"
    return (
        f"The gradient of the first layer's recurrent weights is {share:.3g} times the "
        f"top layer's: {verdict}.",
    )
