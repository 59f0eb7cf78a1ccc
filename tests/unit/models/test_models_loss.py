"""The cross-entropy of our kernel against torch's, and its bits on any number of threads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from rnnlab import native
from rnnlab.corpora import IGNORED
from rnnlab.models import cross_entropy
from tests.toys.cases import case
from tests.toys.steppers import needs_native

pytestmark = needs_native


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Restore the number of threads of the kernels."""
    yield
    native.set_num_threads(None)


def logits_and_targets(num: int, classes: int) -> tuple[Tensor, Tensor]:
    """Return random logits, and targets of which every third is padding."""
    random = torch.Generator().manual_seed(num)
    logits_NC = 4 * torch.randn(num, classes, generator=random)
    targets_N = torch.randint(classes, (num,), generator=random)
    targets_N[1::3] = IGNORED
    return logits_NC.requires_grad_(), targets_N


def test_losses_and_gradient_are_those_of_torch() -> None:
    kernels = native.load_kernels()
    for num, classes, smoothing in [(1, 2, 0.0), (5, 3, 0.1), (65, 96, 0.0), (130, 33, 0.25)]:
        with case(num=num, classes=classes, smoothing=smoothing):
            logits_NC, targets_N = logits_and_targets(num, classes)
            ours = cross_entropy(kernels, logits_NC, targets_N, smoothing)
            exact = cross_entropy(None, logits_NC.double(), targets_N, smoothing)
            assert (smoothing > 0) == (ours.objective != ours.loss)
            for actual, expected in zip(ours, exact, strict=True):
                assert abs(actual - expected) < 1e-6 * abs(expected)
            (ours_NC,) = torch.autograd.grad(3 * ours.objective, logits_NC)
            (exact_NC,) = torch.autograd.grad(3 * exact.objective, logits_NC)
            assert (ours_NC - exact_NC).abs().max() < 1e-6 * exact_NC.abs().max()
            assert not ours_NC[1::3].any()
            assert not ours.loss.requires_grad


def test_the_number_of_threads_changes_no_bit() -> None:
    logits_NC, targets_N = logits_and_targets(201, 37)
    found = []
    for threads in (1, 2, 5):
        native.set_num_threads(threads)
        losses = cross_entropy(native.load_kernels(), logits_NC, targets_N, 0.1)
        found.append([*losses, *torch.autograd.grad(losses.objective, logits_NC)])
    for others in found[1:]:
        assert all(torch.equal(a, b) for a, b in zip(found[0], others, strict=True))


def test_a_target_beyond_the_classes_is_an_error() -> None:
    for target in (-1, 3):
        with pytest.raises(IndexError, match="3 classes"):
            cross_entropy(native.load_kernels(), torch.zeros(2, 3), torch.full((2,), target))


def test_a_loss_that_is_not_finite_stays_so_on_both_engines() -> None:
    targets_N = torch.tensor([0, 1])
    cases = {
        "nan": torch.tensor([[torch.nan, 0.0], [0.0, 0.0]]),
        "inf": torch.tensor([[0.0, torch.inf]] * 2),
    }
    for name, logits_NC in cases.items():
        with case(name=name):
            for kernels in (native.load_kernels(), None):
                assert not torch.isfinite(cross_entropy(kernels, logits_NC, targets_N).loss)
    padding_N = torch.full((2,), IGNORED)
    for kernels in (native.load_kernels(), None):
        assert cross_entropy(kernels, torch.zeros(2, 3), padding_N).loss.isnan()
