"""Prefill prompts: run them through the model up to the initial state of a search.

Shapes: P prompts, T tokens, V tokens of the vocabulary, F features that the head reads.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from rnnlab.corpora import Ids
from rnnlab.decoding import Features, Prompt, SearchStart
from rnnlab.models._checkpoint import LoadedModel
from rnnlab.models.steppers import State, Stepper

STEPPED = 512
"""Number of tokens at the end of a prompt that are read step by step, for all prompts together. A
whole-sequence kernel reads the earlier tokens; its rounding may depend on the number of threads."""
CHUNK = 4096
"""Maximum number of tokens in one call of the whole-sequence kernel; bounds the memory."""


def prefill_prompts(
    loaded: LoadedModel,
    stepper: Stepper,
    prompts: Sequence[Ids],
    *,
    keep_features: bool,
    stepped: int = STEPPED,
    chunk: int = CHUNK,
) -> SearchStart:
    """Return the initial state of a search, one row per prompt; no row depends on other prompts.

    keep_features: also return the top layer's output after every token, [T, F] per prompt.
    stepped: number of last tokens that are read step by step, at least 1. chunk: maximum number of
    earlier tokens in one call of the whole-sequence kernel.
    """
    model = loaded.language_model
    states: list[State] = [None] * len(prompts)
    features: list[list[Features]] = [[] for _ in prompts]
    y_1F, begun = model.begin(1)
    first_1V = model.predict_next(y_1F).cpu().numpy()
    log_probs_PV = np.repeat(first_1V, len(prompts), axis=0)
    heads = [max(0, len(ids) - stepped) for ids in prompts]
    for number, (ids, num) in enumerate(zip(prompts, heads, strict=True)):
        y_F, state = y_1F, begun
        for first in range(0, num, chunk):
            chunk_1T = torch.from_numpy(ids[first : min(num, first + chunk)])[None]
            y_1TF, state = model.read_on(chunk_1T.to(model.device), state)
            y_F = y_1TF[:, -1]
            if keep_features:
                features[number].append(y_1TF[0].cpu().numpy())
        states[number] = stepper.adopt(state, y_F)
    rows = [number for number, ids in enumerate(prompts) if len(ids)]
    now: State = stepper.join([states[number] for number in rows]) if rows else None
    parents_R = np.arange(len(rows))
    for place in range(stepped):
        if not rows:
            break
        tokens_R = np.array([prompts[number][heads[number] + place] for number in rows])
        log_probs_RV, now = stepper.step(now, parents_R, tokens_R)
        features_RF = stepper.features(now) if keep_features else ()
        for row, feature_F in zip(rows, features_RF, strict=False):
            features[row].append(feature_F[None])
        goes_on = [heads[row] + place + 1 < len(prompts[row]) for row in rows]
        for i, number in enumerate(rows):
            if not goes_on[i]:
                log_probs_PV[number] = log_probs_RV[i]
                states[number] = stepper.select(now, np.array([i]))
        parents_R = np.flatnonzero(goes_on)
        rows = [rows[i] for i in parents_R]
    empty_0F = np.zeros((0, y_1F.shape[1]), y_1F.cpu().numpy().dtype)
    read = [
        Prompt(ids.tolist(), np.concatenate([empty_0F, *parts]) if keep_features else None)
        for ids, parts in zip(prompts, features, strict=True)
    ]
    vocabulary = loaded.vocabulary
    return SearchStart(
        log_probs_PV, stepper.join(states), vocabulary.eos, read, vocabulary.pieces,
        stepper.features, writer=stepper.writer,
    )  # fmt: skip


def repeat_rows(stepper: Stepper, start: SearchStart, times: int) -> SearchStart:
    """Return the initial state with `times` equal, adjacent rows per prompt."""
    if times == 1:
        return start
    rows_R = np.repeat(np.arange(len(start.prompts)), times)
    return start._replace(
        log_probs_PV=start.log_probs_PV[rows_R],
        state=stepper.select(start.state, rows_R),
        prompts=[start.prompts[row] for row in rows_R.tolist()],
    )
