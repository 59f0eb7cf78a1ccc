"""The spectrum of the recurrent weights against numpy, and the bound on the gradient."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from rnnlab.plots import Finding
from tests.toys.models import make_model
from tests.toys.numeric import assert_close


def test_the_spectrum_is_numpys(look: Callable[..., Finding]) -> None:
    loaded = make_model(cell="gru", layers=1)
    result = look("spectrum", loaded, gate="z").figures["spectra"]
    weight_hh = dict(loaded.model.named_parameters())["rnn.weight_hh_l0"].detach()
    W = dict(zip("rzn", weight_hh.chunk(3), strict=True))["z"].numpy()
    assert list(result) == ["l0.z"]
    values = sorted(np.linalg.eigvals(W), key=lambda z: (-abs(z), z.imag))
    ours = sorted(
        (complex(*z) for z in result["l0.z"]["eigenvalues"]), key=lambda z: (-abs(z), z.imag)
    )
    # Sums of 7 products; the eigenvalues of such a matrix enlarge its errors some hundredfold.
    assert_close(ours, values, terms=7, ulps=1000)
    norm = np.linalg.svd(W, compute_uv=False)[0]
    assert_close(result["l0.z"]["norm"], norm, terms=7, ulps=1000)
    power = np.linalg.norm(np.linalg.matrix_power(W, 7), 2)
    assert_close(result["l0.z"]["power_norms"][6], power, terms=7 * 7, ulps=1000)
    assert_close(result["l0.z"]["bound"][6], norm**7, terms=7 * 7, ulps=1000)


def test_the_bound_of_a_plain_network_holds(look: Callable[..., Finding]) -> None:
    for cell, gamma in (("rnn", 1.0), ("rnn-sigmoid", 0.25)):
        loaded = make_model(cell=cell, layers=1)
        figures = look("spectrum", loaded).figures
        assert (figures["gamma"], figures["is_bound_of_gradient"]) == (gamma, {"l0.h": True})
        norms = figures["gradient"]["l0"]
        for k, bound in enumerate(figures["spectra"]["l0.h"]["bound"][: len(norms) - 1], 1):
            assert norms[k] <= norms[0] * bound * (1 + 1e-9)


def test_the_bound_is_claimed_only_if_there_is_no_other_path(look: Callable[..., Finding]) -> None:
    loaded = make_model(cell="rnn")
    with torch.no_grad():
        loaded.model.rnn.weight_hh_l0.copy_(torch.eye(7) / 2)  # type: ignore[operator]
        loaded.model.rnn.weight_hh_l1.copy_(torch.eye(7) / 2)  # type: ignore[operator]
    result = look("spectrum", loaded)
    assert result.figures["is_bound_of_gradient"] == {"l0.h": False, "l1.h": True}
    assert "it does not bound the gradient" in result.says[0]
    assert "shrinks by at least a factor of 0.00098" in result.says[1]
    pooled = make_model(cell="rnn", task="classify", pooling="mean", layers=1)
    assert look("spectrum", pooled).figures["is_bound_of_gradient"] == {"l0.h": False}
    both = make_model(cell="rnn", task="classify", pooling="last", layers=1, bidirectional=True)
    bounded = look("spectrum", both).figures["is_bound_of_gradient"]
    assert bounded == {"l0.h": True, "l0_reverse.h": True}
