"""The entry point for all views, used by the command line and by the app's generator process."""

from __future__ import annotations

from dataclasses import replace

from rnnlab.base import registry
from rnnlab.insight._subject import InspectedModel, Wishes
from rnnlab.plots import Finding

COMPARING = "difference"
"""Name of the view that compares two models."""


def inspect(subject: InspectedModel, view: str, wishes: Wishes) -> list[Finding]:
    """Return one finding per model: `subject` and, if set, `wishes.other`.

    The view `difference` returns a single finding, which compares the two models. Raises
    BadInputError if the view is unknown or cannot be applied to the model.
    """
    module = registry.load("insight", view)
    if wishes.other is None or view == COMPARING:
        return [module.view(subject, wishes)]
    alone = replace(wishes, other=None)
    return [module.view(one, alone) for one in (subject, wishes.other)]
