"""The folders that a power cut can leave, from a record of the operations before it.

A disk stores data and names in any order, except that `Flush` comes after all that it flushes. So
after a cut, every operation that is not flushed may be on the disk or not, and data may be there in
part: as a beginning, as a hole of zeros. The number of such folders is exponential: `folders_after`
yields the typical ones for every cut, and random ones.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.toys.recorded_files import ROOT, Begin, Data, Flush, Mark, Move, Name, Operation

Tree = dict[str, bytes | None]
"""Path below the recorded folder -> content; None for a folder."""
_Pick = Callable[[Sequence[bytes]], bytes]
"""Chooses the content of a file: the first one is on the disk, the last one is complete."""


@dataclass
class Disk:
    """What is on the disk for certain, and what may be there."""

    names: dict[int, dict[str, int]] = field(default_factory=lambda: {ROOT: {}})
    """Folder -> name -> node: flushed."""
    pending: list[Name | Move] = field(default_factory=list)
    """Changes of names that are not flushed, in their order."""
    contents: dict[int, list[bytes]] = field(default_factory=dict)
    """File -> the flushed content (empty without one), then the later ones."""

    def take(self, operation: Operation) -> None:
        """Take an operation in the order of the record."""
        match operation:
            case Name(node=node, is_folder=is_folder):
                self.pending.append(operation)
                if node is not None and is_folder:
                    self.names[node] = {}
                elif node is not None:
                    self.contents[node] = [b""]
            case Move():
                self.pending.append(operation)
            case Data(node, content):
                self.contents[node].append(content)
            case Flush(node) if node in self.names:
                kept = [change for change in self.pending if change.folder != node]
                for change in self.pending:
                    if change.folder == node:
                        _apply(self.names, change)
                self.pending = kept
            case Flush(node):
                del self.contents[node][:-1]
            case Mark() | Begin():
                pass

    def after(self, stored: Sequence[bool], pick: _Pick) -> Tree:
        """Return the folder after a cut; stored: which of the pending changes are on the disk."""
        names = {folder: dict(entries) for folder, entries in self.names.items()}
        for change, is_stored in zip(self.pending, stored, strict=True):
            if is_stored:
                _apply(names, change)
        tree: Tree = {}
        self._add(tree, names, ROOT, "", pick)
        return tree

    def _add(
        self, tree: Tree, names: dict[int, dict[str, int]], folder: int, path: str, pick: _Pick
    ) -> None:
        for name, node in names[folder].items():
            if node in names:
                tree[path + name] = None
                self._add(tree, names, node, f"{path}{name}/", pick)
            else:
                tree[path + name] = pick(self.contents[node])


def _apply(names: dict[int, dict[str, int]], change: Name | Move) -> None:
    match change:
        case Name(folder, name, None):
            names[folder].pop(name, None)
        case Name(folder, name, int(node)):
            names[folder][name] = node
        case Move(source, old, folder, name, node):
            if names[source].get(old) == node:
                del names[source][old]
            names[folder][name] = node


def oldest(contents: Sequence[bytes]) -> bytes:
    """Return what is on the disk for certain."""
    return contents[0]


def newest(contents: Sequence[bytes]) -> bytes:
    """Return the last content, complete."""
    return contents[-1]


def blank(contents: Sequence[bytes]) -> bytes:
    """Return a file whose length is on the disk, and whose new data is not: zeros."""
    return contents[0] + bytes(max(0, len(contents[-1]) - len(contents[0])))


def torn(chance: random.Random) -> _Pick:
    """Return a function that picks any of the contents, whole, or in part."""

    def pick(contents: Sequence[bytes]) -> bytes:
        if len(contents) == 1:
            return contents[0]
        content = chance.choice(contents)
        base = contents[0] if content.startswith(contents[0]) else b""
        cut = chance.randint(len(base), len(content))
        match chance.randrange(4):
            case 0:
                return content
            case 1:
                return content[:cut]
            case 2:  # a hole up to the cut
                return base + bytes(cut - len(base)) + content[cut:]
            case _:
                return content[:cut] + bytes(len(content) - cut)

    return pick


def folders_after(disk: Disk, chance: random.Random, num_random: int) -> Iterator[Tree]:
    """Yield folders that a cut at this moment can leave, some of them equal."""
    num = len(disk.pending)
    nothing, everything = [False] * num, [True] * num
    yield disk.after(nothing, oldest)
    yield disk.after(everything, newest)
    yield disk.after(everything, oldest)
    yield disk.after(everything, blank)
    yield disk.after(nothing, newest)
    for place in range(num):
        alone = [other == place for other in range(num)]
        yield disk.after(alone, oldest)
        yield disk.after(alone, newest)
        yield disk.after([not stored for stored in alone], torn(chance))
    for _ in range(num_random):
        yield disk.after([chance.random() < 0.5 for _ in range(num)], torn(chance))


@dataclass(frozen=True)
class Cut:
    """A folder after a power cut, and what the program had promised before it."""

    place: int
    """Number of operations before the cut."""
    tree: Tree
    marks: tuple[Mark, ...]


def cuts(
    operations: Sequence[Operation], seed: int, num_random: int = 3, most: int | None = None
) -> Iterator[Cut]:
    """Yield different folders after a cut at each operation; most: a random sample of N cuts."""
    chance = random.Random(seed)
    places = range(operations.index(Begin()), len(operations))
    chosen = set(places if most is None or most >= len(places) else chance.sample(places, most))
    marks: tuple[Mark, ...] = ()
    disk, seen = Disk(), set[int]()
    for place, operation in enumerate(operations):
        disk.take(operation)
        if isinstance(operation, Mark):
            marks = (*marks, operation)
        if place not in chosen:
            continue
        for tree in folders_after(disk, chance, num_random):
            digest = hash((marks, frozenset(tree.items())))
            if digest not in seen:
                seen.add(digest)
                yield Cut(place, tree, marks)


def write_tree(folder: Path, tree: Tree) -> None:
    """Make a folder hold a tree, and nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(folder.rglob("*"), reverse=True):
        if str(path.relative_to(folder)) not in tree:
            path.rmdir() if path.is_dir() else path.unlink()
    for name, content in tree.items():  # parents come first
        file = folder / name
        if content is None:
            file.mkdir(exist_ok=True)
        elif not file.is_file() or file.read_bytes() != content:
            file.write_bytes(content)
