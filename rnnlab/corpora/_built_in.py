"""Built-in corpora by their specs: the text, its file, its exact floor.

The spec `copy:delay=50` is the corpus `copy` with an option, in the same syntax as for decoders.
Some texts are shipped in `data/`; the others are generated on first use, with the same bytes on
every machine, and stored in the user's cache folder.
"""

from __future__ import annotations

import filecmp
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, cast

from rnnlab.base import registry
from rnnlab.base.errors import BadInputError
from rnnlab.base.files import real_path
from rnnlab.base.locations import cache_folder, own_cache_folder, shipped_folder
from rnnlab.base.names import did_you_mean
from rnnlab.corpora._atomic import replacing
from rnnlab.corpora._floor import Floor
from rnnlab.corpora._generated import MOST_CHARS, MadeCorpus, Options


class CorpusSpec(NamedTuple):
    """A built-in corpus with the values of its options."""

    name: str
    corpus: MadeCorpus
    options: Options

    def __str__(self) -> str:
        """Return the spec in the syntax of `parse_spec`, without options at their defaults."""
        changed = [
            f"{name}={value}"
            for name, value in self.options.items()
            if value != self.corpus.options[name].default
        ]
        return f"{self.name}:{','.join(changed)}" if changed else self.name

    @property
    def is_shipped(self) -> bool:
        """Whether the text with these options is shipped in `data/`."""
        return self.corpus.is_shipped and ":" not in str(self)

    def text(self) -> str:
        """Generate and return the whole text."""
        return self.corpus.make(self.options)

    def floor(self, task: str) -> Floor | None:
        """Return the floor for a task; None if unknown."""
        return self.corpus.floor(self.options, task)


def made_names() -> tuple[str, ...]:
    """Return the names of the built-in corpora."""
    return registry.names("corpora")


def parse_spec(text: str) -> CorpusSpec | None:
    """Return the built-in corpus for a spec, or None if the name is not a built-in corpus.

    Raises BadInputError for an unknown option, a value outside its limits, or a text that would be
    too long.
    """
    name, colon, rest = text.partition(":")
    if name not in made_names():
        return None
    corpus = cast(MadeCorpus, registry.load("corpora", name).CORPUS)
    options = {key: option.default for key, option in corpus.options.items()}
    for part in rest.split(",") if colon else []:
        key, equals, value = part.partition("=")
        if key not in options:
            hint = did_you_mean(key, options, f"its options are {', '.join(options)}")
            raise BadInputError(f"corpus {name!r} has no option {key!r}", hint)
        option = corpus.options[key]
        if not (equals and value.isascii() and value.isdigit() and len(value) < 12):
            raise BadInputError(f"{text}: {key} is not an integer", f"use the form {name}:{key}=N")
        if not option.low <= int(value) <= option.high:
            raise BadInputError(
                f"{text}: {key} must be from {option.low} to {option.high}", f"{key}: {option.help}"
            )
        options[key] = int(value)
    num_chars = corpus.num_chars(options) if corpus.num_chars else 0
    if num_chars > MOST_CHARS:
        raise BadInputError(
            f"{text}: the text would have {num_chars:,} characters, more than {MOST_CHARS:,}",
            "lower one of its options",
        )
    return CorpusSpec(name, corpus, options)


def made_file(spec: CorpusSpec) -> Path:
    """Return the file of a built-in corpus; generate it if it does not exist."""
    if spec.is_shipped:
        return shipped_folder() / "data" / f"{spec.name}{spec.corpus.ending}"
    source = Path(cast(str, registry.load("corpora", spec.name).__file__))
    version = hashlib.sha256(source.read_bytes()).hexdigest()[:12]
    folder = own_cache_folder() / "corpora" / version
    file = folder / f"{spec}{spec.corpus.ending}"
    if not file.is_file():
        write_made(spec, file)
    return file


def write_made(spec: CorpusSpec, file: Path) -> None:
    """Write the text of a built-in corpus atomically."""
    with replacing(file) as temporary:
        temporary.write_bytes(spec.text().encode("utf-8"))


def spec_of(file: Path) -> CorpusSpec | None:
    """Return the built-in corpus that a file contains; None if none.

    Generated files are known by their path, shipped ones and their copies by their content.
    """
    if file.is_relative_to(cache_folder() / "corpora"):
        return parse_spec(file.stem)
    for shipped in _shipped_twins(file):
        spec = parse_spec(shipped.stem)
        if spec is not None and spec.is_shipped and shipped == made_file(spec):
            return spec
    return None


def _shipped_twins(file: Path) -> Iterator[Path]:
    """Yield the files of the shipped folder with the same bytes as a file.

    Reads only files of the same size; `filecmp` remembers its results until a file changes. Nothing
    is yielded for an unreadable file.
    """
    folder = shipped_folder() / "data"
    try:
        size = file.stat().st_size
        for shipped in sorted(folder.iterdir()):
            is_same = shipped == file or (
                shipped.stat().st_size == size and filecmp.cmp(shipped, file, shallow=False)
            )
            if is_same and ":" not in shipped.name:  # the name of a corpus without options
                yield shipped
    except OSError:
        return


def floor_of(file: Path, task: str, kind: str, alphabet: str) -> Floor | None:
    """Return the floor of a corpus file for a task and a kind of tokens; None if unknown.

    It is known only for built-in corpora: of text with characters as tokens, and of documents with
    any tokens. kind, alphabet: as in `Vocabulary`.
    """
    spec = spec_of(real_path(file))
    if spec is None or (task != "classify" and (kind, alphabet) != ("chars", "unicode")):
        return None
    return spec.floor(task)
