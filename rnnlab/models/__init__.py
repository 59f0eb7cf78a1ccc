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
from rnnlab.models._classifier import Classifier
from rnnlab.models._classify import Verdict, classify_texts
from rnnlab.models._language_model import LanguageModel
from rnnlab.models._prompt import Growth, TextScore, continue_text, score_text
from rnnlab.models._text_model import Example, Prediction, TextModel

__all__ = [
    "Classifier",
    "Example",
    "Growth",
    "LanguageModel",
    "LoadedModel",
    "Prediction",
    "TextModel",
    "TextScore",
    "Verdict",
    "Which",
    "build_model",
    "classify_texts",
    "continue_text",
    "load_model",
    "load_weights",
    "parse_checkpoint",
    "resolve_device",
    "save_weights",
    "score_text",
]
