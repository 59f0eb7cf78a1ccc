"""Small models to step through, and what tests of the steppers share.

Shapes: R rows, T steps, V tokens of the vocabulary.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rnnlab.corpora import Vocabulary
from rnnlab.inference.steppers import Stepper
from rnnlab.models import LanguageModel, build_model
from rnnlab.settings.run_config import RunConfig

NATIVE_CELLS = ("gru", "lstm", "rnn", "rnn-relu", "rnn-sigmoid")
needs_native = pytest.mark.native
"""Skips a test where the kernels cannot be compiled."""


def make_model(cell: str = "lstm", num_tokens: int = 23, **settings: Any) -> LanguageModel:
    values = {"corpus": "none", "cell": cell, "hidden": 37, "embedding": 6, **settings}
    vocabulary = Vocabulary(tuple(chr(0x4E00 + i) for i in range(num_tokens)))
    model = build_model(RunConfig.from_values(values), vocabulary).eval()
    assert isinstance(model, LanguageModel)
    return model


def start(model: LanguageModel, stepper: Stepper, rows: int) -> Any:
    """Return the state of some rows that have read nothing."""
    return stepper.select(stepper.begin(), np.zeros(rows, np.int64))


def walk(stepper: Stepper, state: Any, tokens_TR: Any) -> Any:
    """Return the log-probs [R, V] after some tokens, each row going on from itself."""
    for tokens_R in tokens_TR:
        log_probs_RV, state = stepper.step(state, np.arange(len(tokens_R)), tokens_R)
    return log_probs_RV
