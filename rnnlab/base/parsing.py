"""JSON and TOML that others may have written: whatever is wrong with it is a ValueError.

That includes integers of more than 64 bits, which neither numpy nor a float can hold.
"""

from __future__ import annotations

import json
import tomllib
from typing import Any

_TOO_DEEP = "nested too deeply"
LARGEST_INTEGER = 2**63 - 1


def parse_json(text: str | bytes) -> Any:
    """Return the value of a JSON document; raises ValueError, also for one nested too deeply."""
    try:
        return json.loads(text, parse_int=_integer)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None


def parse_toml(text: str) -> dict[str, Any]:
    """Return the values of a TOML document; raises ValueError, also for one nested too deeply."""
    try:
        values = tomllib.loads(text)
        _check_integers(values)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    return values


def _integer(text: str) -> int:
    """Return the integer that a text of digits names."""
    number = int(text)
    _check_integers(number)
    return number


def _check_integers(value: object) -> None:
    """Raise ValueError if an integer of a document has more than 64 bits."""
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        raise ValueError("an integer has more than 64 bits")
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            _check_integers(item)
