"""The note and the tags that a user gives a run, and the names that the run had before.

They may change while the run trains: its worker does not use their file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

from rnnlab.base.display import shortened
from rnnlab.base.errors import BadInputError, RnnlabError
from rnnlab.base.files import replace_text
from rnnlab.base.parsing import parse_json
from rnnlab.base.regular_files import read_bytes
from rnnlab.runs.exclusive import check_own
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.run import Run

MOST_CHARACTERS = 4000
"""Maximum length of a note."""
_MOST_IN_TAG = 32
_BETWEEN = re.compile(r"[\s,]+")


@dataclass(frozen=True)
class Notes:
    """What a user has written about a run."""

    note: str = ""
    tags: tuple[str, ...] = ()
    """Sorted, without duplicates."""
    former_names: tuple[str, ...] = ()
    """Names that the run had before it was renamed, the oldest first."""


def read_notes(paths: RunPaths) -> Notes:
    """Return the notes of a run; empty if there are none, or if the file is invalid."""
    try:
        values = parse_json(read_bytes(paths.notes))
        return Notes(str(values["note"]), _names(values["tags"]), _names(values["former_names"]))
    except (OSError, ValueError, TypeError, KeyError):
        return Notes()


def write_notes(paths: RunPaths, notes: Notes) -> None:
    """Replace the notes of a run; raise RnnlabError if they cannot be written."""
    try:
        text = json.dumps(asdict(notes), ensure_ascii=False) + "\n"
        replace_text(paths.notes, text, durable=True)
    except OSError as error:
        raise RnnlabError(f"cannot write to {paths.root}: {error.strerror or error}") from None


def change_note(run: Run, text: str) -> Notes:
    """Replace the note of a run, empty for no note; return the new notes.

    Raise BadInputError if the note is too long or the run is shipped.
    """
    check_own(run, "changed")
    text = text.strip()
    if len(text) > MOST_CHARACTERS:
        raise BadInputError(
            f"the note has {len(text)} characters", f"write at most {MOST_CHARACTERS}"
        )
    return _changed(run, replace(read_notes(run.paths), note=text))


def change_tags(run: Run, add: Iterable[str] = (), remove: Iterable[str] = ()) -> Notes:
    """Add and remove tags of a run; return the new notes.

    Raise BadInputError if a tag is invalid or the run is shipped.
    """
    check_own(run, "changed")
    notes = read_notes(run.paths)
    tags = (set(notes.tags) | set(map(check_tag, add))) - set(remove)
    return _changed(run, replace(notes, tags=tuple(sorted(tags))))


def parse_tags(text: str) -> tuple[str, ...]:
    """Return the tags in a text, separated by blanks or commas; raise BadInputError."""
    return tuple(check_tag(tag) for tag in _BETWEEN.split(text) if tag)


def check_tag(tag: str) -> str:
    """Return `tag` if it is valid; raise BadInputError otherwise."""
    if not tag or len(tag) > _MOST_IN_TAG or _BETWEEN.search(tag) or not tag.isprintable():
        raise BadInputError(
            f"{shortened(tag, 40)!r} cannot be a tag",
            f"use 1 to {_MOST_IN_TAG} characters without blanks and commas",
        )
    return tag


def _changed(run: Run, notes: Notes) -> Notes:
    if notes != read_notes(run.paths):
        write_notes(run.paths, notes)
    return notes


def _names(values: object) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise TypeError
    return tuple(str(value) for value in values)
