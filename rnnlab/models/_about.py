"""What a file of weights says about its model: all that a reader needs besides the tensors.

`docs/reading-the-weights.md` describes the fields and has a program that reads them.
"""

from __future__ import annotations

import json
from typing import Any

from rnnlab import __version__
from rnnlab.corpora import Vocabulary
from rnnlab.settings.run_config import RunConfig

FORMAT = 1
"""Version of these fields; it rises when a reader of the previous version would be wrong."""
KEY = "rnnlab"
"""Key of the fields, as a JSON object, in the metadata of a file of weights."""
MOST_BYTES = 50_000_000
"""Maximum size of the fields; beyond it, the tokens are left out: readers limit the header."""
_SETTINGS = (
    "task", "cell", "layers", "hidden", "embedding", "residual", "bidirectional", "tied", "one_hot",
    "pooling",
)  # fmt: skip


def _about(config: RunConfig, vocabulary: Vocabulary) -> dict[str, Any]:
    """Return the fields as JSON values."""
    return {
        "format": FORMAT,
        "version": __version__,
        **{name: getattr(config, name) for name in _SETTINGS},
        "embedding": None if config.one_hot else config.embedding,
        "boundary": vocabulary.eos,
        "vocabulary": {**vocabulary.document(), **vocabulary.rules()},
    }


def describe(
    config: RunConfig, vocabulary: Vocabulary, most_bytes: int = MOST_BYTES
) -> dict[str, str]:
    """Return the metadata of a file of weights.

    most_bytes: maximum size of the fields with all tokens.
    """
    fields = _about(config, vocabulary)
    text = _json(fields)
    if len(text) > most_bytes:
        fields["vocabulary"]["tokens"] = None
        text = _json(fields)
    return {"format": "pt", KEY: text}


def _json(values: dict[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))
