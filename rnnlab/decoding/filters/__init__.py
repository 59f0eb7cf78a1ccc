"""Filters: they change a distribution before a search reads it. One file per filter.

A module defines `apply(log_probs_RV, value, rows)` and ends with `FILTER = Filter(...)`, which
declares its kind and its option (`decoding/_filter.py`). A filter takes effect once ORDER names it.
"""

from rnnlab.base import registry
from rnnlab.decoding._filter import Filter

ORDER = (
    "prefix",
    "bias",
    "repetition",
    "presence",
    "frequency",
    "no-repeat",
    "ban",
    "min-length",
    "no-eos",
    "temperature",
    "top-n-sigma",
    "top-k",
    "top-p",
    "min-p",
    "typical",
    "epsilon",
    "eta",
)
"""The order of the chain: each filter reads the distribution that the previous one left."""


def load_filters() -> dict[str, Filter]:
    """Return every filter by its name, in the order of the chain."""
    return {name: registry.load("decoding/filters", name).FILTER for name in ORDER}
