"""Read TOML files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rnnlab.base.errors import BadInputError
from rnnlab.base.parsing import parse_toml
from rnnlab.base.regular_files import SMALL_BYTES, read_named, read_text


def read_toml(file: Path, *, is_named: bool = False) -> dict[str, Any]:
    """Return the content of a TOML file; raises BadInputError, which names the file.

    is_named: whether the user has named the file, which may then be a pipe. Files of more than
    SMALL_BYTES are not read.
    """
    try:
        return parse_toml(read_named(file, SMALL_BYTES) if is_named else read_text(file))
    except OSError as error:
        raise BadInputError(f"cannot read {file}: {error.strerror or error}") from None
    except ValueError as error:
        raise BadInputError(f"{file} is not a TOML file: {error}") from None
