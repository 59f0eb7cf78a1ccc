"""Read TOML files."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from rnnlab.base.errors import BadInputError


def read_toml(file: Path) -> dict[str, Any]:
    """Return the content of a TOML file; raises BadInputError, which names the file."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInputError(f"cannot read {file}: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInputError(f"{file} is not a TOML file: {error}") from None
