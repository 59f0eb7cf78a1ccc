"""The entry point for all views, for the command line and for the generator process of the app."""

from __future__ import annotations

from dataclasses import replace

from rnnlab.base import registry
from rnnlab.insight._subject import InspectedModel, Wishes
from rnnlab.plots import Finding

COMPARING = "difference"
"""The view that compares two models."""


def inspect(subject: InspectedModel, view: str, wishes: Wishes) -> list[Finding]:
    """Return a view's finding for a model and, if `wishes.other` is set, for the other model.

    Raises BadInputError if the view is unknown or cannot be applied to the model.
    """
    module = registry.load("insight", view)
    if wishes.other is None or view == COMPARING:
        return [module.view(subject, wishes)]
    alone = replace(wishes, other=None)
    return [module.view(one, alone) for one in (subject, wishes.other)]
