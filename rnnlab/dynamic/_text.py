"""A text read by a model that learns from it: its score, and the model after the text."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from rnnlab.corpora import Batch, Ids, Progress, Vocabulary, silent
from rnnlab.dynamic._learner import Learner
from rnnlab.dynamic._rule import DynamicSettings
from rnnlab.inference import LoadedModel, TextScore, encode_text


def score_dynamic(
    loaded: LoadedModel,
    learner: Learner,
    text: str,
    settings: DynamicSettings,
    progress: Progress = silent,
) -> TextScore:
    """Return the log-prob of every token of a text, predicted after learning from those before it.

    progress: called with the number of tokens read, and the number of all. Raises BadInputError for
    characters that are not in the vocabulary.
    """
    vocabulary = loaded.vocabulary
    text, ids = encode_text(vocabulary, text)
    learner.forget()
    token_logprobs: list[float] = []
    if vocabulary.eos is None and len(ids):
        # No token comes before the first one: it is predicted from the initial state.
        y_1F, _ = learner.model.begin(1)
        token_logprobs.append(float(learner.model.predict_next(y_1F)[0, ids[0]]))
    for batch in _pieces(ids, vocabulary, settings.window):
        token_logprobs += learner.read(batch, settings).logprobs_N.tolist()
        progress(len(token_logprobs), len(ids))
    learner.forget()
    eos_logprob = None if vocabulary.eos is None else token_logprobs.pop()
    return TextScore(
        tokens=[vocabulary.tokens[i] for i in ids.tolist()],
        token_logprobs=token_logprobs,
        logprob=math.fsum(token_logprobs),
        num_letters=len(text),
        eos_logprob=eos_logprob,
    )


def adapt_to_text(
    loaded: LoadedModel, learner: Learner, ids: Ids, settings: DynamicSettings
) -> LoadedModel:
    """Return the model after it has learnt from the tokens of a text, such as a prompt.

    The learner keeps these weights until it forgets them: use the model before that.
    """
    learner.forget()
    for batch in _pieces(ids, loaded.vocabulary, settings.window, has_end=False):
        learner.read(batch, settings)
    return replace(loaded, weights=learner.model)


def _pieces(
    ids: Ids, vocabulary: Vocabulary, window: int, *, has_end: bool = True
) -> Iterator[Batch]:
    """Yield a text in pieces; a sentence is read after EOS, and ends with it if `has_end`."""
    eos = vocabulary.eos
    inputs, targets = ids[:-1], ids[1:]
    if eos is not None:
        ends = [eos] if has_end else []
        inputs = np.concatenate([[eos], ids if has_end else ids[:-1]])
        targets = np.concatenate([ids, ends]).astype(ids.dtype)
    for begin in range(0, len(targets), window):
        piece = slice(begin, begin + window)
        inputs_1T, targets_1T = inputs[piece][None], targets[piece][None]
        yield Batch(inputs_1T, targets_1T, inputs_1T.size, is_start=begin == 0)
