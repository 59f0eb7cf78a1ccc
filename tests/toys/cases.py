"""Many cases in one test: a failure names the case.

A test id costs milliseconds of fixtures and reports; a case of toy tensors costs less than one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def case(**values: object) -> Iterator[None]:
    """Add a case's values to the message of whatever its block raises."""
    try:
        yield
    except BaseException as error:  # a failed pytest.raises is not an Exception
        error.add_note("case: " + ", ".join(f"{name}={value!r}" for name, value in values.items()))
        raise
