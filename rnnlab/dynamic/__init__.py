"""Dynamic evaluation: a language model that learns from a text while it reads the text.

Each piece of the text is predicted by weights that have learnt from all pieces before it, so the
loss is as honest as that of fixed weights. The run's checkpoint does not change.
"""

from rnnlab.dynamic._evaluate import evaluate_dynamic
from rnnlab.dynamic._learner import Learner
from rnnlab.dynamic._rule import DynamicSettings, default_window
from rnnlab.dynamic._search import SEARCH_TOKENS, Search, find_settings
from rnnlab.dynamic._text import adapt_to_text, score_dynamic

__all__ = [
    "SEARCH_TOKENS",
    "DynamicSettings",
    "Learner",
    "Search",
    "adapt_to_text",
    "default_window",
    "evaluate_dynamic",
    "find_settings",
    "score_dynamic",
]
