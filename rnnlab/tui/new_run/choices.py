"""The values that the fields of the form offer: entries, corpora, runs, recipes, files.

Every function may read the disk: call them in a thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rnnlab.base.locations import data_folder
from rnnlab.base.paths import completed, paths_beginning
from rnnlab.settings.groups import Choice, FieldKind
from rnnlab.tui.state.lab_state import LabState

_KINDS = {"txt": "text file", "csv": "labelled documents", "tsv": "labelled documents",
          "jsonl": "labelled documents"}  # fmt: skip


def changing_lists(state: LabState) -> Mapping[str, Callable[[], Sequence[Choice]]]:
    """Return field -> function that lists its choices, for the choices that change."""

    def corpora() -> Sequence[Choice]:
        described = state.outside.describe_corpora(state.data)
        return [(one.name, one.summary) for one in described if one.state != "fetch"]

    def runs() -> Sequence[Choice]:
        return [(run.name, f"{run.cell} on {run.corpus}") for run in state.in_order()]

    def vectors() -> Sequence[Choice]:
        files = paths_beginning(f"{data_folder(state.data)}/glove", (".txt", ".txt.gz"))
        return [(file, "word vectors") for file in files]

    return {"corpus": corpora, "recipe": _recipes, "init_from": runs, "embeddings": vectors}


def choices_of(kind: FieldKind, part: str) -> list[Choice]:
    """Return the choices of a field whose text is `part`.

    If the field may name a file, the files and folders next to `part` follow, by default those of
    the working folder.
    """
    choices = [] if kind.choices is None else list(kind.choices())
    if kind.endings is not None:
        known = {name for name, _ in choices}
        paths = paths_beginning(part[: part.rfind("/") + 1], kind.endings)
        files_first = sorted(paths, key=lambda path: path.endswith("/"))
        choices += [(path, _about(path)) for path in files_first if path not in known]
    return choices


def completion_of(kind: FieldKind, part: str) -> tuple[str, bool]:
    """Return the longest text that every choice beginning with `part` begins with.

    The second value is True if the text is not yet a choice, but several begin with it.
    """
    names = [name for name, _ in choices_of(kind, part) if name.startswith(part)]
    longest = completed(part, names)
    return longest, longest not in names and len(names) > 1


def _about(path: str) -> str:
    if path.endswith("/"):
        return "folder"
    ending = path.lower().removesuffix(".gz").rpartition(".")[2]
    return f"{_KINDS[ending]} here" if "/" not in path else _KINDS[ending]


def _recipes() -> Sequence[Choice]:
    from rnnlab.recipes import load, names

    return [(name, load(name).about) for name in names()]
