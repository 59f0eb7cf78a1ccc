"""Recurrent cells: one file a cell, its equations beside its fused twin.

A cell's module holds `CELL`. Parameters are named and stacked as torch does, so that one state dict
serves both engines.
"""

from rnnlab.cells._base import Cell, LayerState, LayerWeights, Weights
from rnnlab.cells._dropout import dropout
from rnnlab.cells._stack import Engine, RecurrentStack, State, select

__all__ = [
    "Cell",
    "Engine",
    "LayerState",
    "LayerWeights",
    "RecurrentStack",
    "State",
    "Weights",
    "dropout",
    "select",
]
