"""A short pass over every target of `make fuzz`, with the same inputs each time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fuzz.files import remove_folder
from tests.fuzz.mutations import mutants
from tests.fuzz.targets import TARGETS

NUM = 150


@pytest.fixture(autouse=True, scope="module")
def files() -> Iterator[None]:
    yield
    remove_folder()


@pytest.mark.parametrize("name", TARGETS)
def test_no_input_breaks_a_reader(name: str) -> None:
    target = TARGETS[name]
    for data in (*target.seeds, b"", *mutants(target.seeds, NUM)):
        try:
            target.run(data)
        except Exception as error:
            error.add_note(f"input: {data!r}")
            raise
