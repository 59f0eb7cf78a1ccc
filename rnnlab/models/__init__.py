"""Models in torch (embedding, recurrent layers, head), and their weights on disk."""

from rnnlab.models._about import describe
from rnnlab.models._captured import WARM_UP, Captured, CudaGraph, Graph, has_graphs
from rnnlab.models._checkpoint import (
    build_model,
    fit,
    load_weights,
    resolve_device,
    save_weights,
    set_weights,
)
from rnnlab.models._classifier import Classifier
from rnnlab.models._language_model import LanguageModel
from rnnlab.models._loss import Losses, cross_entropy
from rnnlab.models._tensor_file import save_tensors
from rnnlab.models._text_model import Example, Prediction, TextModel

__all__ = [
    "WARM_UP",
    "Captured",
    "Classifier",
    "CudaGraph",
    "Example",
    "Graph",
    "LanguageModel",
    "Losses",
    "Prediction",
    "TextModel",
    "build_model",
    "cross_entropy",
    "describe",
    "fit",
    "has_graphs",
    "load_weights",
    "resolve_device",
    "save_tensors",
    "save_weights",
    "set_weights",
]
