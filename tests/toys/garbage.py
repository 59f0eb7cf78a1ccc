"""Garbage of a few lines of a test, which is found without a search of torch and of all tests."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def warnings_to_the_end(category: type[Warning] = Warning) -> Iterator[list[str]]:
    """Note the warnings of a category in a block, those of its garbage included.

    What was there before the block is left out of the search from now on, which would take a second
    each time.
    """
    noted: list[str] = []
    gc.freeze()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", category)
        yield noted
        gc.collect()
    noted += [str(one.message) for one in caught]
