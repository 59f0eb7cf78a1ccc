"""Get a corpus: take in a file, fetch a known one, make one of ours."""

from __future__ import annotations

from pathlib import Path

import typer

from rnnlab.base.display import visible
from rnnlab.base.errors import BadInputError, UnknownNameError
from rnnlab.cli._corpora_show import print_figures
from rnnlab.cli._output import print_json, talk
from rnnlab.cli._progress import reading_bar
from rnnlab.corpora import (
    AddOptions,
    Request,
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
    name: str | None, source: Path | None, data: Path | None, wish: AddOptions, *, json: bool
) -> None:
    """Take a file or folder in as a corpus, and say what it is."""
    if name is None or source is None:
        raise BadInputError("which file?", "rnnlab corpora add NAME FILE|FOLDER")
    with reading_bar(f"taking in {name}") as progress:
        file, notes = add_corpus(name, source, data, wish, progress)
    _say(name, file, notes, json=json)


def make_corpus(name: str | None, to: Path | None, *, json: bool) -> None:
    """Write the text of a corpus of ours; by default into the folder that one is in."""
    if name is None:
        raise BadInputError("which corpus?", "rnnlab corpora make NAME [FILE]")
    spec = parse_spec(name)
    if spec is None:
        raise UnknownNameError("corpus of ours", name, made_names())
    file = to or Path(f"{spec}{spec.corpus.ending}")
    if file.is_dir():
        file = file / f"{spec}{spec.corpus.ending}"
    write_made(spec, file)
    if json:
        print_json({"name": str(spec), "file": str(file), "size_bytes": file.stat().st_size})
    else:
        typer.echo(visible(str(file)))


def _say(name: str, file: Path, notes: list[str], *, json: bool) -> None:
    with reading_bar(f"measuring {name}") as progress:
        look = look_into(file, progress)
    if json:
        print_json({"name": name, "notes": notes, **look.to_json()})
        return
    for note in notes:
        talk(note)
    print_figures(look, name)


def fetch(
    name: str | None,
    data: Path | None,
    given: Path | None,
    width: int,
    words_of_corpus: str | None,
    *,
    is_replacing: bool,
    json: bool,
) -> None:
    """Get a known corpus, and say what it is."""
    if name is None:
        raise BadInputError("which corpus?", f"known: {', '.join(source_names())}")
    source = load_source(name)
    request, words_note = Request(width), ""
    if source.kind == "vectors":
        words, of_whom = _wanted(words_of_corpus, data)
        request, words_note = Request(width, words), f"kept: {of_whom}"
    with reading_bar(f"fetching {name}") as progress:
        fetched = fetch_corpus(name, data, given, request, progress, is_replacing=is_replacing)
    notes = [*fetched.notes, f"licence: {source.licence}", *([words_note] if words_note else [])]
    if source.kind != "vectors":
        _say(name, fetched.file, notes, json=json)
        return
    if json:
        print_json({"name": name, "file": str(fetched.file), "notes": notes})
        return
    for note in notes:
        talk(note)
    typer.echo(visible(f"{fetched.file}: {fetched.file.stat().st_size:,} bytes"))
    typer.echo(visible(f"try: rnnlab train imdb --task classify --embeddings {fetched.file}"))


def _wanted(corpus: str | None, data: Path | None) -> tuple[frozenset[str] | None, str]:
    """Return the words whose vectors are kept, and what to say of it."""
    if corpus == "all":
        return None, "all words"
    if corpus is None:
        return wanted_words(data)
    return words_of(corpus, data), f"the words of {corpus}"
