"""Models: embedding, recurrent layers, head; loading them from runs, generating, scoring."""

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
from rnnlab.models._distributions import LookedText, look_at
from rnnlab.models._generate import Continuation, GenerationStep, continue_texts
from rnnlab.models._language_model import LanguageModel
from rnnlab.models._prompt import ReadablePrompt, Unknown, make_readable
from rnnlab.models._score import TextScore, score_text
from rnnlab.models._text_model import Example, Prediction, TextModel

__all__ = [
    "Classifier",
    "Continuation",
    "Example",
    "GenerationStep",
    "LanguageModel",
    "LoadedModel",
    "LookedText",
    "Prediction",
    "ReadablePrompt",
    "TextModel",
    "TextScore",
    "Unknown",
    "Verdict",
    "Which",
    "build_model",
    "classify_texts",
    "continue_texts",
    "load_model",
    "load_weights",
    "look_at",
    "make_readable",
    "parse_checkpoint",
    "resolve_device",
    "save_weights",
    "score_text",
]
