"""Models (embedding, recurrent layers, head): load them from runs, generate and score texts."""

from rnnlab.models._checkpoint import (
    LoadedModel,
    build_model,
    load_model,
    load_weights,
    resolve_device,
    save_weights,
)
from rnnlab.models._classifier import Classifier
from rnnlab.models._classify import Verdict, classify_texts
from rnnlab.models._distributions import TextDistributions, distributions_of
from rnnlab.models._expand import Expander, Expansions
from rnnlab.models._generate import (
    Continuation,
    GenerationStep,
    PrefilledPrompts,
    continue_prefilled,
    continue_texts,
    prefill,
)
from rnnlab.models._language_model import LanguageModel
from rnnlab.models._loss import Losses, cross_entropy
from rnnlab.models._prompt import EncodedPrompt, Unknown, encode_prompt
from rnnlab.models._score import TextScore, score_text
from rnnlab.models._text_model import Example, Prediction, TextModel

__all__ = [
    "Classifier",
    "Continuation",
    "EncodedPrompt",
    "Example",
    "Expander",
    "Expansions",
    "GenerationStep",
    "LanguageModel",
    "LoadedModel",
    "Losses",
    "Prediction",
    "PrefilledPrompts",
    "TextDistributions",
    "TextModel",
    "TextScore",
    "Unknown",
    "Verdict",
    "build_model",
    "classify_texts",
    "continue_prefilled",
    "continue_texts",
    "cross_entropy",
    "distributions_of",
    "encode_prompt",
    "load_model",
    "load_weights",
    "prefill",
    "resolve_device",
    "save_weights",
    "score_text",
]
