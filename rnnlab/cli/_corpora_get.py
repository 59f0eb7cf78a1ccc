"""`rnnlab corpora add`, `fetch` and `make`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import typer

from rnnlab.base.display import visible
from rnnlab.base.errors import BadInputError, UnknownNameError
from rnnlab.cli._corpora_show import print_figures
from rnnlab.cli._output import print_json, talk
from rnnlab.cli._progress import progress_bar
from rnnlab.corpora import (
    UNLIMITED,
    AddOptions,
    Request,
    UnpackedSizeError,
    add_corpus,
    fetch_corpus,
    load_source,
    look_into,
    made_names,
    parse_spec,
    source_names,
    wanted_words,
    words_of,
    write_made,
)


def take_in(
    name: str | None, source: Path | None, data: Path | None, options: AddOptions, *, json: bool
) -> None:
    """Add a file or folder as a corpus, and print its profile."""
    if name is None or source is None:
        raise BadInputError(
            "the name or the file is missing", "use `rnnlab corpora add NAME FILE|FOLDER`"
        )
    try:
        with progress_bar(f"adding {name}") as progress:
            file, notes = add_corpus(name, source, data, options, progress)
    except UnpackedSizeError as error:
        if not sys.stdin.isatty() or not typer.confirm(f"{error.what}. Add it?", err=True):
            raise
        trusting = replace(options, unpack_limit=UNLIMITED)
        with progress_bar(f"adding {name}") as progress:
            file, notes = add_corpus(name, source, data, trusting, progress)
    _print_profile(name, file, notes, json=json)


def make_corpus(name: str | None, to: Path | None, *, json: bool) -> None:
    """Write the text of a generated corpus to a file, by default in the current folder."""
    if name is None:
        raise BadInputError(
            "the name of the corpus is missing", "use `rnnlab corpora make NAME [FILE]`"
        )
    spec = parse_spec(name)
    if spec is None:
        raise UnknownNameError("generated corpus", name, made_names())
    file = to or Path(f"{spec}{spec.corpus.ending}")
    if file.is_dir():
        file = file / f"{spec}{spec.corpus.ending}"
    with progress_bar(f"making {spec}"):
        write_made(spec, file)
    if json:
        print_json({"name": str(spec), "file": str(file), "size_bytes": file.stat().st_size})
    else:
        typer.echo(visible(str(file)))


def _print_profile(name: str, file: Path, notes: list[str], *, json: bool) -> None:
    with progress_bar(f"measuring {name}") as progress:
        profile = look_into(file, progress)
    if json:
        print_json({"name": name, "notes": notes, **profile.to_json()})
        return
    for note in notes:
        talk(note)
    print_figures(profile, name)


def fetch(
    name: str | None,
    data: Path | None,
    local_copy: Path | None,
    width: int,
    words_of_corpus: str | None,
    *,
    is_replacing: bool,
    json: bool,
) -> None:
    """Fetch a known corpus, and print its profile."""
    if name is None:
        raise BadInputError(
            "the name of the corpus is missing",
            f"use `rnnlab corpora fetch NAME` with one of: {', '.join(source_names())}",
        )
    source = load_source(name)
    request, words_note = Request(width), ""
    if source.kind == "vectors":
        words, origin = _words_to_keep(words_of_corpus, data)
        request, words_note = Request(width, words), f"vectors of {origin}"
    with progress_bar(f"fetching {name}") as progress:
        fetched = fetch_corpus(name, data, local_copy, request, progress, is_replacing=is_replacing)
    notes = [*fetched.notes, f"licence: {source.licence}", *([words_note] if words_note else [])]
    if source.kind != "vectors":
        _print_profile(name, fetched.file, notes, json=json)
        return
    if json:
        print_json({"name": name, "file": str(fetched.file), "notes": notes})
        return
    for note in notes:
        talk(note)
    typer.echo(visible(f"{fetched.file}: {fetched.file.stat().st_size:,} bytes"))
    typer.echo(visible(f"try: rnnlab train imdb --task classify --embeddings {fetched.file}"))


def _words_to_keep(corpus: str | None, data: Path | None) -> tuple[frozenset[str] | None, str]:
    """Return the words whose vectors are kept (None for all), and a description of the words."""
    if corpus == "all":
        return None, "all words"
    if corpus is None:
        return wanted_words(data)
    return words_of(corpus, data), f"the words of {corpus}"
