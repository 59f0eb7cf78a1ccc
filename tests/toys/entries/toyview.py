"""Weights: the norm of every parameter.

Source: Nobody (1999), "A toy".
"""

from __future__ import annotations

from rnnlab.insight._subject import InspectedModel, Wishes, check_finite
from rnnlab.plots import Finding, Table, brief


def view(subject: InspectedModel, wishes: Wishes) -> Finding:
    """Return the norms by parameter."""
    model = subject.loaded.model
    norms = {name: parameter.norm().item() for name, parameter in model.named_parameters()}
    check_finite(subject, norms.values())
    rows = tuple((name, brief(norm)) for name, norm in norms.items())
    largest = max(norms, key=norms.__getitem__)
    return Finding(
        view="toyview",
        run=subject.name,
        step=subject.loaded.step,
        says=(f"The largest parameter is {largest}.",),
        pictures=(Table("norms of the parameters", ("parameter", "norm"), rows),),
        figures={"norms": norms},
    )
