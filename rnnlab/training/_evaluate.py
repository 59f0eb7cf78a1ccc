"""The loss on a held-out text, free of chance and of the batch size."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch.nn import functional as F

from rnnlab.corpora import Split
from rnnlab.models import LanguageModel


class Evaluation(NamedTuple):
    """A measurement over `num_tokens` predictions."""

    loss_nats: float
    accuracy: float
    """Share of tokens that were the most probable one."""
    num_tokens: int

    @property
    def bits_per_char(self) -> float:
        """The loss in bits."""
        return self.loss_nats / math.log(2)

    @property
    def perplexity(self) -> float:
        """Number of equally probable letters that would be as hard to guess."""
        return math.exp(min(self.loss_nats, 700.0))


@torch.inference_mode()
def evaluate(model: LanguageModel, split: Split, max_tokens: int = 0) -> Evaluation:
    """Measure a model on a split, or on its first `max_tokens`; dropout is off meanwhile."""
    device = model.head.weight.device
    was_training = model.training
    model.eval()
    loss_sum = torch.zeros((), dtype=torch.float64, device=device)
    num_right = torch.zeros((), dtype=torch.int64, device=device)
    num_tokens = 0
    state = model.start_state(1)
    for batch in split.eval_batches(max_tokens):
        if batch.is_start:
            state = model.start_state(len(batch.inputs_BT))
        inputs_BT = torch.from_numpy(batch.inputs_BT).to(device)
        targets_N = torch.from_numpy(batch.targets_BT).to(device).flatten()
        logits_BTV, state = model(inputs_BT, state)
        logits_NV = logits_BTV.flatten(0, 1)
        losses_N = F.nll_loss(model.log_probs(logits_NV), targets_N, reduction="none")
        loss_sum += losses_N.sum(dtype=torch.float64)
        num_right += (logits_NV.argmax(1) == targets_N).sum()
        num_tokens += batch.num_tokens
    model.train(was_training)
    return Evaluation(float(loss_sum) / num_tokens, int(num_right) / num_tokens, num_tokens)
