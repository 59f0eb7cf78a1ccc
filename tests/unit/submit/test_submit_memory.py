"""A network that cannot fit into memory is refused before anything is allocated."""

from __future__ import annotations

import pytest

from rnnlab.base import registry
from rnnlab.base.errors import BadInputError
from rnnlab.runs import memory
from rnnlab.settings.run_config import RunConfig
from rnnlab.submit import checked_config
from rnnlab.submit._memory import check_memory, least_parameters
from tests.toys.cases import case
from tests.toys.models import make_model


def config_of(**settings: object) -> RunConfig:
    return RunConfig.from_values({"corpus": "stump", **settings})


def test_the_bound_is_below_the_parameters_of_every_cell() -> None:
    for cell in registry.names("cells"):
        for settings in ({}, {"layers": 1}, {"one_hot": True, "layers": 3}):
            with case(cell=cell, settings=settings):
                loaded = make_model(cell=cell, **settings)
                least, num = least_parameters(loaded.config), loaded.model.num_parameters()
                assert num / 30 < least <= num


def test_a_network_larger_than_the_memory_is_refused_with_both_sizes() -> None:
    huge = config_of(hidden=16384, layers=64, device="cpu")
    with pytest.raises(BadInputError, match=r"hidden = 16384, layers = 64: .* lower --hidden"):
        check_memory(huge, 64 << 30)
    check_memory(huge, 1 << 50)
    check_memory(config_of(), 64 << 20)
    # A GPU holds gradients and averages; only the weights are made in the machine's memory.
    check_memory(huge.model_copy(update={"device": "cuda"}), 100 << 30)


def test_no_command_or_form_starts_such_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "total_bytes", lambda: 1 << 30)
    with pytest.raises(BadInputError, match="at least"):
        checked_config({"corpus": "stump", "hidden": 16384, "layers": 4})


def test_the_memory_of_this_machine_is_known() -> None:
    total, free = memory.total_bytes(), memory.free_bytes()
    assert total is not None
    assert free is not None
    assert 0 < free <= total
