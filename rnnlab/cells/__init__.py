"""Recurrent cells: one file per cell, with its equations and, if there is one, a fused kernel.

A cell's module defines `CELL`. Parameters have torch's names and layout, so one state dict fits
both engines.
"""

from rnnlab.cells._base import Cell, LayerState, LayerWeights, Weights
from rnnlab.cells._cudnn import arrange_weights
from rnnlab.cells._dropout import dropout
from rnnlab.cells._native import KERNEL_CELLS, KernelPass, pass_through
from rnnlab.cells._stack import Engine, Lookup, RecurrentStack, State, select

__all__ = [
    "KERNEL_CELLS",
    "Cell",
    "Engine",
    "KernelPass",
    "LayerState",
    "LayerWeights",
    "Lookup",
    "RecurrentStack",
    "State",
    "Weights",
    "arrange_weights",
    "dropout",
    "pass_through",
    "select",
]
