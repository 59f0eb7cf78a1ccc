"""Models: embedding, recurrent layers, head; how one is loaded from a run and prompted."""

from rnnlab.models._checkpoint import (
    LoadedModel,
    Which,
    build_model,
    load_model,
    load_weights,
    parse_checkpoint,
    resolve_device,
    save_weights,
)
from rnnlab.models._language_model import LanguageModel
from rnnlab.models._prompt import Growth, TextScore, continue_text, score_text

__all__ = [
    "Growth",
    "LanguageModel",
    "LoadedModel",
    "TextScore",
    "Which",
    "build_model",
    "continue_text",
    "load_model",
    "load_weights",
    "parse_checkpoint",
    "resolve_device",
    "save_weights",
    "score_text",
]
