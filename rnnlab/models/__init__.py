"""Models: embedding, recurrent layers, head; how one is loaded from a run and prompted."""

from rnnlab.models._checkpoint import (
    LoadedModel,
    Which,
    build_model,
    load_model,
    load_weights,
    resolve_device,
    save_weights,
)
from rnnlab.models._language_model import LanguageModel

__all__ = [
    "LanguageModel",
    "LoadedModel",
    "Which",
    "build_model",
    "load_model",
    "load_weights",
    "resolve_device",
    "save_weights",
]
