"""Loss and accuracy of a model that learns from a split while it reads it."""

from __future__ import annotations

from rnnlab.corpora import Progress, Split, silent
from rnnlab.dynamic._learner import Learner
from rnnlab.dynamic._rule import DynamicSettings
from rnnlab.inference import Evaluation


def evaluate_dynamic(
    learner: Learner,
    split: Split,
    settings: DynamicSettings,
    max_tokens: int = 0,
    progress: Progress = silent,
) -> Evaluation:
    """Return the evaluation on a split, from the trained weights on.

    max_tokens: stop after the piece with the N-th token; 0: read all. progress: called with the
    number of targets read, and that of the split.
    """
    learner.forget()
    loss_nats, num_correct, num_tokens = 0.0, 0, 0
    for batch in split.pieces(settings.window):
        read = learner.read(batch, settings)
        loss_nats -= float(read.logprobs_N.double().sum())
        num_correct += read.num_correct
        num_tokens += batch.num_tokens
        progress(num_tokens, max_tokens or split.num_tokens)
        if max_tokens and num_tokens >= max_tokens:
            break
    learner.forget()
    return Evaluation(
        loss_nats / num_tokens, num_correct / num_tokens, num_tokens, split.chars_per_token
    )
