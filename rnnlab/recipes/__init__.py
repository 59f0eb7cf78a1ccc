"""Recipes: settings that repeat a published experiment, its figures, and the known differences.

A recipe is a TOML file, shipped with rnnlab or written by the user. This package never imports
torch.
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
