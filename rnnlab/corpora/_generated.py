"""Corpora of our own making: a seeded source, its exact floor, and how it is written as a spec.

`copy:delay=50` is the corpus `copy` with one of its options set, as decoders are written. A corpus
whose text is shipped lies in `data/`; any other is made when it is first asked for, the same bytes
everywhere, and kept in the user's cache.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, cast

from rnnlab.base import registry
from rnnlab.base.errors import BadInputError
from rnnlab.base.locations import cache_folder, shipped_folder
from rnnlab.base.names import did_you_mean
from rnnlab.corpora._atomic import replacing
from rnnlab.corpora._floor import Floor

Options = Mapping[str, int]
"""Every option of a corpus with its value."""


class Option(NamedTuple):
    """A whole number that a corpus can be made with."""

    default: int
    low: int
    high: int
    help: str


def _no_settings(_: Options) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class MadeCorpus:
    """What the file of a corpus ends with: `CORPUS = MadeCorpus(...)`."""

    task: str
    """The task it is made for."""
    make: Callable[[Options], str]
    """Its whole text, the same for the same options."""
    floor: Callable[[Options, str], Floor | None]
    """Its floor when it is read for a task, letter by letter; None where it is not known."""
    options: Mapping[str, Option]
    ending: str = ".txt"
    is_shipped: bool = True
    """Whether the text made with the defaults lies in `data/`."""
    settings: Callable[[Options], dict[str, Any]] = field(default=_no_settings)
    """Settings of a run that it needs and that nobody has given."""


class CorpusSpec(NamedTuple):
    """A corpus of ours and what it is made with."""

    name: str
    corpus: MadeCorpus
    options: Options

    def __str__(self) -> str:
        """Write it as `parse_spec` reads it, defaults left out."""
        given = [
            f"{name}={value}"
            for name, value in self.options.items()
            if value != self.corpus.options[name].default
        ]
        return f"{self.name}:{','.join(given)}" if given else self.name

    @property
    def is_shipped(self) -> bool:
        """Whether its very text is shipped."""
        return self.corpus.is_shipped and ":" not in str(self)

    def text(self) -> str:
        """Return its text."""
        return self.corpus.make(self.options)

    def floor(self, task: str) -> Floor | None:
        """Return its floor for a task."""
        return self.corpus.floor(self.options, task)


def made_names() -> tuple[str, ...]:
    """Return the names of the corpora that we can make."""
    return registry.names("corpora")


def parse_spec(text: str) -> CorpusSpec | None:
    """Return the corpus that a spec names; None where it names none of ours.

    Raises BadInputError for an option that the corpus has not, or a value out of its limits.
    """
    name, colon, rest = text.partition(":")
    if name not in made_names():
        return None
    corpus = cast(MadeCorpus, registry.load("corpora", name).CORPUS)
    options = {key: option.default for key, option in corpus.options.items()}
    for part in rest.split(",") if colon else []:
        key, equals, value = part.partition("=")
        if key not in options:
            hint = did_you_mean(key, options, f"it has {', '.join(options)}")
            raise BadInputError(f"corpus {name!r} has no option {key!r}", hint)
        option = corpus.options[key]
        if not (equals and value.isascii() and value.isdigit() and len(value) < 12):
            raise BadInputError(f"{text}: {key} is a whole number", f"write {name}:{key}=N")
        if not option.low <= int(value) <= option.high:
            raise BadInputError(
                f"{text}: {key} is not from {option.low} to {option.high}", option.help
            )
        options[key] = int(value)
    return CorpusSpec(name, corpus, options)


def made_file(spec: CorpusSpec) -> Path:
    """Return the file of a corpus of ours, made where it is not there yet."""
    if spec.is_shipped:
        return shipped_folder() / "data" / f"{spec.name}{spec.corpus.ending}"
    source = Path(cast(str, registry.load("corpora", spec.name).__file__))
    mark = hashlib.sha256(source.read_bytes()).hexdigest()[:12]
    folder = cache_folder() / "corpora" / mark
    file = folder / f"{spec}{spec.corpus.ending}"
    if not file.is_file():
        write_made(spec, file)
    return file


def write_made(spec: CorpusSpec, file: Path) -> None:
    """Write the text of a corpus of ours, whole or not at all."""
    with replacing(file) as temporary:
        temporary.write_bytes(spec.text().encode("utf-8"))


def spec_of(file: Path) -> CorpusSpec | None:
    """Return the corpus of ours whose text a file is, told by its place."""
    name = file.name
    if file.parent == shipped_folder() / "data":
        spec = parse_spec(Path(name).stem)
        is_ours = spec is not None and spec.is_shipped and Path(name).suffix == spec.corpus.ending
        return spec if is_ours else None
    if file.is_relative_to(cache_folder() / "corpora"):
        return parse_spec(Path(name).stem)
    return None


def floor_of(file: Path, task: str, kind: str, alphabet: str) -> Floor | None:
    """Return the floor of a corpus as it is read; None where it is not known.

    A floor is known for the letters of our own texts, and for documents however they are read.
    """
    spec = spec_of(file.resolve())
    if spec is None or (task != "classify" and (kind, alphabet) != ("chars", "unicode")):
        return None
    return spec.floor(task)
