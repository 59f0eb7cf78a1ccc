"""Evaluation of a model in training, with dropout off."""

from __future__ import annotations

from rnnlab.corpora import Progress, Split, silent
from rnnlab.inference import Evaluation, evaluate_with
from rnnlab.inference.torch_tally import TorchTally
from rnnlab.models import TextModel

__all__ = ["Evaluation", "evaluate"]


def evaluate(
    model: TextModel, split: Split, max_tokens: int = 0, progress: Progress = silent
) -> Evaluation:
    """Evaluate a model on a split; the model is then in the mode in which it was before.

    max_tokens: evaluate only the first N tokens; 0 for all of them. progress: called with the
    number of targets evaluated, and that of the split.
    """
    was_training = model.training
    model.eval()
    evaluation = evaluate_with(TorchTally(model), split, max_tokens, progress)
    model.train(was_training)
    return evaluation
