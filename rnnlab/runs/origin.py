"""Where the settings of a run come from: written when the run is created, never changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from rnnlab.base.files import replace_text
from rnnlab.base.parsing import parse_json
from rnnlab.base.regular_files import read_bytes
from rnnlab.runs.paths import RunPaths


@dataclass(frozen=True)
class Origin:
    """The sources of a run's settings."""

    sources: Mapping[str, str] = field(default_factory=dict)
    """Setting -> its source: command line, environment, config file, recipe, ancestor, corpus or
    word vectors. A setting that is missing has its default."""
    recipe: str = ""
    """Name or file of the recipe; empty for none."""


def write_origin(paths: RunPaths, origin: Origin) -> None:
    """Write the origin of a run; raise OSError."""
    replace_text(paths.origin, json.dumps(asdict(origin), ensure_ascii=False) + "\n", durable=True)


def read_origin(paths: RunPaths) -> Origin | None:
    """Return the origin of a run; None if it is missing or invalid, as in runs of old versions."""
    try:
        values = parse_json(read_bytes(paths.origin))
        sources = {str(name): str(source) for name, source in values["sources"].items()}
        return Origin(sources, str(values.get("recipe", "")))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
