"""Read TOML files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rnnlab.base.errors import BadInputError
from rnnlab.base.parsing import parse_toml


def read_toml(file: Path) -> dict[str, Any]:
    """Return the content of a TOML file; raises BadInputError, which names the file."""
    try:
        return parse_toml(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInputError(f"cannot read {file}: {error.strerror}") from None
    except ValueError as error:
        raise BadInputError(f"{file} is not a TOML file: {error}") from None
