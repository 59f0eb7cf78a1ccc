"""Known corpora with other contents, addresses and hashes, and refusals of a fetch."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from rnnlab.base import registry
from rnnlab.base.errors import BadInputError
from rnnlab.corpora import (
    Source,
    fetch_corpus,
    load_source,
)

TEXT = "To be, or not to be: that is the question.\n" * 3_000
VECTORS = "the 0.1 -0.2\nof 1 2\ngood 0.5 -1e-3\nbad -0.5 0.25\n"


class Known(NamedTuple):
    """Sets the known hash and address of a source."""

    monkeypatch: pytest.MonkeyPatch

    def make(self, name: str, content: bytes, url: str = "", form: int = 0) -> Source:
        source = load_source(name)
        forms = list(source.forms)
        forms[form] = replace(forms[form], sha256=hashlib.sha256(content).hexdigest())
        made = replace(source, forms=tuple(forms), size_bytes=len(content), url=url or source.url)
        self.monkeypatch.setattr(registry.load("corpora/sources", name), "SOURCE", made)
        return made


def files(data: Path) -> list[str]:
    return sorted(file.name for file in data.rglob("*") if file.is_file()) if data.exists() else []


def refused(name: str, data: Path, given: Path | None = None) -> str:
    with pytest.raises(BadInputError) as caught:
        fetch_corpus(name, data, given)
    assert str(caught.value).isprintable()
    return str(caught.value)
