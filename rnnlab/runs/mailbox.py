"""Commands to a worker: files renamed into its mailbox, read and removed oldest first."""

from __future__ import annotations

import errno
import itertools
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from rnnlab.base.errors import RnnlabError
from rnnlab.base.files import drop_leftovers, refuse_link, replace_text
from rnnlab.base.parsing import parse_json
from rnnlab.base.regular_files import UnfitFileError, read_text

Action = Literal["pause", "resume", "checkpoint", "stop", "set"]

UNREADABLE = "its mailbox cannot be read"
"""Beginning of the alarm of a worker that gets no commands."""
_count = itertools.count()


@dataclass(frozen=True)
class Command:
    """One command; `set` changes the setting `name` to `value`, and all settings in `values`."""

    action: Action
    name: str = ""
    value: float = 0.0
    values: Mapping[str, float] = field(default_factory=dict, hash=False)
    """Setting -> new value: settings that change together."""

    @property
    def changes(self) -> dict[str, float]:
        """All changes of a `set` command."""
        return {**({self.name: self.value} if self.name or not self.values else {}), **self.values}


def send(mailbox: Path, command: Command) -> None:
    """Write a command into a mailbox; raise RnnlabError if it cannot be written, or is a link."""
    values = {
        "action": command.action, "name": command.name, "value": command.value,
        "values": dict(command.values),
    }  # fmt: skip
    file = f"{time.time_ns():020d}-{os.getpid()}-{next(_count)}.json"
    refuse_link(mailbox)
    try:
        mailbox.mkdir(exist_ok=True)
        replace_text(mailbox / file, json.dumps(values))
    except OSError as error:
        raise RnnlabError(f"cannot write to {mailbox}: {error.strerror or error}") from None


def collect(mailbox: Path) -> list[Command]:
    """Remove and return all commands of a mailbox, oldest first; drop invalid files.

    Raise OSError if the mailbox cannot be read, UnfitFileError if it is a symbolic link: the files
    that would be removed may be anybody's.
    """
    try:
        folder = _open_folder(mailbox)
    except FileNotFoundError:
        return []
    try:
        files = sorted(name for name in os.listdir(folder) if name.endswith(".json"))
        commands = []
        for name in files:
            command = _read(mailbox / name)
            try:
                os.unlink(name, dir_fd=folder)
            except OSError:
                continue  # if the file cannot be removed, the command would be repeated forever
            if command is not None:
                commands.append(command)
        return commands
    finally:
        os.close(folder)


def clear(mailbox: Path) -> None:
    """Make an empty mailbox; raise RnnlabError if it is a symbolic link, or OSError."""
    mailbox.mkdir(exist_ok=True)
    refuse_link(mailbox)
    collect(mailbox)
    drop_leftovers(mailbox)


def _open_folder(mailbox: Path) -> int:
    """Open a mailbox and return its descriptor; raise UnfitFileError for a link, or OSError."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(mailbox, flags)
    except OSError as error:
        if mailbox.is_symlink():
            number = error.errno or errno.ELOOP
            raise UnfitFileError(number, "a symbolic link", mailbox) from None
        raise


def _read(file: Path) -> Command | None:
    try:
        values = parse_json(read_text(file))
        action = values["action"]
        name, value = str(values.get("name", "")), float(values.get("value", 0.0))
        together = {str(n): float(v) for n, v in dict(values.get("values", {})).items()}
    except (
        OSError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        OverflowError,
    ):
        return None
    return Command(action, name, value, together) if action in get_args(Action) else None
