"""JSON and TOML that others may have written: whatever is wrong with it is a ValueError."""

from __future__ import annotations

import json
import tomllib
from typing import Any

_TOO_DEEP = "nested too deeply"


def parse_json(text: str | bytes) -> Any:
    """Return the value of a JSON document; raises ValueError, also for one nested too deeply."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None


def parse_toml(text: str) -> dict[str, Any]:
    """Return the values of a TOML document; raises ValueError, also for one nested too deeply."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
