"""Rename a run: its folder, and the references to it in its own files and in other runs.

A worker writes to the folder by its path, so a run with a worker cannot be renamed. The folder is
renamed last: if the command is killed before that, the same command completes the rename.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

from rnnlab.base.errors import BadInputError, RnnlabError
from rnnlab.base.files import flush_names, real_path, replace_text
from rnnlab.base.parsing import parse_toml
from rnnlab.base.regular_files import read_bytes, read_text
from rnnlab.runs.exclusive import exclusive
from rnnlab.runs.notes import read_notes, write_notes
from rnnlab.runs.paths import RunPaths, check_run_name
from rnnlab.runs.queue import Queue
from rnnlab.runs.records import decode_status, encode_status
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore


def check_new_name(store: RunStore, name: str) -> str:
    """Return `name` if no run has it and a run may have it; raise BadInputError otherwise."""
    if store.is_shipped_name(check_run_name(name)):
        raise BadInputError(f"{name!r} is a run shipped with rnnlab", "choose another name")
    if os.path.lexists(store.root / name):
        raise BadInputError(f"a run named {name!r} already exists", "choose another name")
    return name


def rename(store: RunStore, run: Run, name: str) -> Run:
    """Rename a run and return it.

    The run remembers its former name, so that a lab keeps its pin, colour and selection, and the
    runs that began with its weights still name it as their ancestor. Raise BadInputError if the
    name is taken or invalid, or if the run has a worker or is shipped; RnnlabError if the folder
    cannot be written.
    """
    if name == run.name:
        return run
    check_new_name(store, name)
    with exclusive(run, "renamed"):
        notes, old = read_notes(run.paths), real_path(run.paths.root)
        former = (*(n for n in notes.former_names if n not in (name, run.name)), run.name)
        write_notes(run.paths, replace(notes, former_names=former))
        renamed = Run(RunPaths(store.root / name))
        new = old if run.paths.root.is_symlink() else real_path(store.root) / name
        _correct_references(store, run, old, new)
        try:
            os.rename(run.paths.root, renamed.paths.root)
        except OSError as error:
            _correct_references(store, run, new, old)
            write_notes(run.paths, notes)
            raise RnnlabError(
                f"cannot rename {run.paths.root}: {error.strerror or error}"
            ) from None
        flush_names(store.root)
        Queue(store.root).leave(run.name)  # the entry of a worker that died in the queue
    return renamed


def _correct_references(store: RunStore, run: Run, old: Path, new: Path) -> None:
    """Replace the folder of a run, not yet renamed, by a new one wherever files name it.

    It is safe to repeat this: files that already name the new folder do not change.
    """
    _correct_reason(run.paths, old.name, new.name)
    for other in store:
        if not other.is_shipped:
            _correct_ancestor(other.paths, old, new)


def _correct_reason(paths: RunPaths, old: str, new: str) -> None:
    """Replace the old name in the command that the reason of a failure recommends."""
    try:
        status = decode_status(read_bytes(paths.status))
        if status is not None and (command := f"`rnnlab resume {old}`") in status.reason:
            reason = status.reason.replace(command, f"`rnnlab resume {new}`")
            replace_text(paths.status, encode_status(replace(status, reason=reason)))
    except OSError:
        return


def _correct_ancestor(paths: RunPaths, old: Path, new: Path) -> None:
    """Replace the folder of a renamed run in the `init_from` of a run's settings."""
    try:
        lines = read_text(paths.config).splitlines(keepends=True)
        for place, line in enumerate(lines):
            if line.partition("=")[0].strip() != "init_from":
                continue
            folder, _, step = str(parse_toml(line)["init_from"]).rpartition("@")
            if folder == str(old):
                value = json.dumps(f"{new}@{step}", ensure_ascii=False)
                lines[place] = f"init_from = {value}\n"
                replace_text(paths.config, "".join(lines), durable=True)
    except (OSError, ValueError):
        return
