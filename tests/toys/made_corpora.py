"""Built-in corpora by name: their specs, files and texts."""

from __future__ import annotations

from pathlib import Path

from rnnlab.corpora import CorpusSpec, find_corpus, parse_spec

SMALL = {"letters": "3000", "sentences": "200", "rows": "300", "documents": "200"}
"""Options that make a corpus quickly."""


def spec_of_name(name: str, **options: str) -> CorpusSpec:
    spec = parse_spec(f"{name}:{','.join(f'{k}={v}' for k, v in options.items())}".rstrip(":"))
    assert spec is not None
    return spec


def small(name: str) -> CorpusSpec:
    known = spec_of_name(name).corpus.options
    return spec_of_name(name, **{k: v for k, v in SMALL.items() if k in known})


def made_file(spec: CorpusSpec) -> Path:
    """Return the file of a corpus; never a file of the working folder."""
    return find_corpus(str(spec), Path("/nowhere"))


def shipped_text(name: str) -> str:
    """Return a shipped text, which another test compares with its source."""
    return made_file(spec_of_name(name)).read_bytes().decode("utf-8")
