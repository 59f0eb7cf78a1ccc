"""`rnnlab corpora list`: local, generated and fetchable corpora."""

from __future__ import annotations

from pathlib import Path

from rnnlab.base.display import count
from rnnlab.cli._output import print_json, print_table, talk
from rnnlab.corpora import CorpusDescription, describe_corpora


def list_corpora(data: Path | None, *, json: bool) -> None:
    """Print a table of all corpora, with their states and descriptions."""
    described = describe_corpora(data)
    if json:
        print_json([corpus._asdict() for corpus in described])
        return
    rows = [[c.name, c.state, count(c.size_bytes), c.task, _floor(c), _what(c)] for c in described]
    header = ["name", "state", "bytes", "task", "floor", "description"]
    print_table(header, rows, ("bytes", "floor"))
    talk("states: here (a local file), made (generated when it is used), fetch (not fetched yet)")
    talk("floor: the lowest achievable loss in nats/char, or (in %) the highest accuracy")
    talk("`rnnlab corpora show NAME` profiles a corpus; `fetch NAME` or `add NAME FILE` adds one")


def _floor(c: CorpusDescription) -> str:
    if c.floor_accuracy is not None:
        return f"{c.floor_accuracy:.2%}"
    return "" if c.floor_nats is None else f"{c.floor_nats:.4f}"


def _what(c: CorpusDescription) -> str:
    """Return the summary of a corpus, with its licence and its options."""
    options = f"{c.name}:{next(iter(c.options))}=N ..." if c.state == "made" and c.options else ""
    more = " ".join(filter(None, [f"Licence: {c.licence}." if c.licence else "", options]))
    return f"{c.summary} {more}".rstrip()
