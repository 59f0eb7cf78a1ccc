"""Recipes: experiments with their settings, their published figures and what differs from them.

One TOML file each; a user's own file is as good as a shipped one. Never imports torch.
"""

from rnnlab.recipes._figures import LayerNorms, layer_norms, seconds_to_loss, train_running_loss
from rnnlab.recipes._files import content_sha256, locate
from rnnlab.recipes._plan import PlannedRun, base_values, overridden, plan
from rnnlab.recipes._recipe import Measure, Reached, Recipe, load, names

__all__ = [
    "LayerNorms",
    "Measure",
    "PlannedRun",
    "Reached",
    "Recipe",
    "base_values",
    "content_sha256",
    "layer_norms",
    "load",
    "locate",
    "names",
    "overridden",
    "plan",
    "seconds_to_loss",
    "train_running_loss",
]
