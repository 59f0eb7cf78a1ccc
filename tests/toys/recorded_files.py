"""Record what a block does to a folder of files: data, names, flushes, in their order.

The record holds all that decides what a power cut can leave: between two flushes, the order of
writes does not matter, because a disk may store them in any order. So it is enough to look at all
files before and after every flush, rename and removal. That also finds the writes of libraries in C
and Rust. The folder should be small: it is read hundreds of times.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = 0
"""The node of the recorded folder itself."""
_TICK_NS = 50_000_000
"""Times of files are coarse: within this time of a change, a file is read again."""


@dataclass(frozen=True)
class Name:
    """A name in a folder now belongs to a node; None: it is removed."""

    folder: int
    name: str
    node: int | None
    is_folder: bool = False


@dataclass(frozen=True)
class Move:
    """A node moves to another name, whose previous node loses it."""

    source: int
    old: str
    folder: int
    name: str
    node: int


@dataclass(frozen=True)
class Data:
    """The content of a file from now on."""

    node: int
    content: bytes


@dataclass(frozen=True)
class Flush:
    """All earlier operations on a file's data, or on the names in a folder, are on the disk."""

    node: int


@dataclass(frozen=True)
class Mark:
    """A promise of the recorded program: it has told a user so."""

    what: str
    step: int = 0


@dataclass(frozen=True)
class Begin:
    """The operations before this one describe what was there before the record, all flushed."""


Operation = Name | Move | Data | Flush | Mark | Begin


@dataclass
class _Node:
    number: int
    version: tuple[int, int, int] = (0, 0, 0)
    """Inode, size and time of the last look."""
    content: bytes | None = None
    """None for a folder."""
    names: dict[str, _Node] = field(default_factory=dict)


class Recorder:
    """The operations on one folder and all that is in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.operations: list[Operation] = []
        self._root = _Node(ROOT)
        self._num_nodes = ROOT + 1
        self._lock = threading.RLock()

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Record during a block; what the folder holds before counts as flushed."""
        self._look()
        self.operations += [*(Flush(number) for number in range(self._num_nodes)), Begin()]
        with ExitStack() as patches:
            for name in ("unlink", "remove", "rmdir", "truncate"):
                patches.enter_context(mock.patch.object(os, name, self._around(getattr(os, name))))
            for name in ("rename", "replace"):
                patches.enter_context(mock.patch.object(os, name, self._moving(getattr(os, name))))
            patches.enter_context(mock.patch.object(os, "fsync", self._flushing(os.fsync)))
            yield
        self._look()

    def mark(self, what: str, step: int = 0) -> None:
        """Record a promise."""
        with self._lock:
            self._look()
            self.operations.append(Mark(what, step))

    def _around(self, change: Callable[..., Any]) -> Callable[..., Any]:
        def changing(*arguments: Any, **options: Any) -> Any:
            with self._lock:
                self._look()
                try:
                    return change(*arguments, **options)
                finally:
                    self._look()

        return changing

    def _moving(self, rename: Callable[..., Any]) -> Callable[..., Any]:
        def moving(old: Any, new: Any, **options: Any) -> None:
            with self._lock:
                self._look()
                rename(old, new, **options)
                self._note_move(Path(os.fsdecode(old)), Path(os.fsdecode(new)))
                self._look()

        return moving

    def _flushing(self, fsync: Callable[[int], None]) -> Callable[[int], None]:
        def flushing(descriptor: int) -> None:
            with self._lock:
                self._look()
                inode = os.fstat(descriptor).st_ino
                fsync(descriptor)
                for node in _all(self._root):
                    if node.version[0] == inode:
                        self.operations.append(Flush(node.number))

        return flushing

    def _note_move(self, old: Path, new: Path) -> None:
        source, target = self._find(old.parent), self._find(new.parent)
        if source is None or target is None or old.name not in source.names:
            return  # outside: `_look` finds what has come or gone
        node = source.names.pop(old.name)
        target.names[new.name] = node
        self.operations.append(Move(source.number, old.name, target.number, new.name, node.number))

    def _find(self, folder: Path) -> _Node | None:
        """Return the node of a folder; None outside of the recorded one."""
        root, folder = os.path.realpath(self.folder), Path(os.path.realpath(folder))
        if not folder.is_relative_to(root):
            return None
        node: _Node | None = self._root
        for part in folder.relative_to(root).parts:
            node = None if node is None else node.names.get(part)
        return node

    def _look(self) -> None:
        """Record what has changed without a rename."""
        with self._lock:
            self._look_at(self._root, self.folder)

    def _look_at(self, folder: _Node, path: Path) -> None:
        stat = os.stat(path)
        folder.version = (stat.st_ino, 0, 0)
        with os.scandir(path) as entries:
            present = {entry.name: entry for entry in entries}
        for name in [name for name in folder.names if name not in present]:
            del folder.names[name]
            self.operations.append(Name(folder.number, name, None))
        for name, entry in sorted(present.items()):
            is_folder = entry.is_dir(follow_symlinks=False)
            node = folder.names.get(name)
            if node is None:
                node = folder.names[name] = _Node(self._num_nodes)
                self._num_nodes += 1
                self.operations.append(Name(folder.number, name, node.number, is_folder))
            if is_folder:
                self._look_at(node, Path(entry.path))
            else:
                self._read(node, entry.path)

    def _read(self, node: _Node, path: str) -> None:
        stat = os.stat(path)
        version = stat.st_ino, stat.st_size, stat.st_mtime_ns
        is_old = time.time_ns() - stat.st_mtime_ns > _TICK_NS
        if node.content is not None and version == node.version and is_old:
            return
        node.version = version
        content = Path(path).read_bytes()
        if content != (node.content or b""):
            self.operations.append(Data(node.number, content))
        node.content = content


def _all(node: _Node) -> Iterator[_Node]:
    yield node
    for child in node.names.values():
        yield from _all(child)
