"""One door for all views: what the command line and the app's generator call."""

from __future__ import annotations

from dataclasses import replace

from rnnlab.base import registry
from rnnlab.insight._subject import InspectedModel, Wishes
from rnnlab.plots import Finding

COMPARING = "difference"
"""The view that is of two models at once."""


def inspect(subject: InspectedModel, view: str, wishes: Wishes) -> list[Finding]:
    """Return what a view finds in a model and, where another is compared with, in that one.

    Raises BadInputError for an unknown view, or for what the view cannot look at.
    """
    module = registry.load("insight", view)
    if wishes.other is None or view == COMPARING:
        return [module.view(subject, wishes)]
    alone = replace(wishes, other=None)
    return [module.view(one, alone) for one in (subject, wishes.other)]
