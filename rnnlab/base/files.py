"""Replace a file atomically: a reader sees either the old or the new content, always complete."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rnnlab.base.errors import RnnlabError

SUFFIX = ".tmp"
"""Suffix of temporary files; their names begin with a dot and the name of the target."""
_DOOMED = ".doomed-"
"""Beginning of the name of a folder that is being deleted."""
_NAME_LENGTH = 80
"""Maximum number of characters taken from the target's name; a file name has at most 255 bytes."""


@contextmanager
def replacing(
    file: Path, *, durable: bool = True, is_private: bool = False, suffix: str = SUFFIX
) -> Iterator[Path]:
    """Yield the path of an empty temporary file, which replaces `file` at the end of the block.

    durable: flush content and folder to the disk, so that the file survives a power failure.
    is_private: only the owner may read the file; else also those that the umask permits. If the
    block raises, `file` is unchanged and the temporary file is removed. Raises OSError.
    """
    temporary = _create(file, suffix, 0o600 if is_private else 0o644)
    try:
        yield temporary
        if durable:
            flush(temporary)
        os.replace(temporary, file)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if durable:
        flush(file.parent)


def replace_text(file: Path, text: str, *, durable: bool = False, is_private: bool = False) -> None:
    r"""Replace the content of a file by a text in UTF-8; arguments and errors as for `replacing`.

    An unpaired surrogate (a byte of a file's name) is written as an escape, such as \udcff.
    """
    with replacing(file, durable=durable, is_private=is_private) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")


def flush(path: Path) -> None:
    """Flush a file, or the names in a folder, to the disk, so that a power failure keeps them.

    To flush a file does not flush its name: that needs its folder. Some network file systems cannot
    flush a folder: for them, this does nothing. Raises OSError.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def flush_names(*folders: Path) -> None:
    """Flush the names in folders after a rename; errors are ignored, because it has happened.

    A folder may be one that this user may write, but not read.
    """
    for folder in folders:
        with contextlib.suppress(OSError):
            flush(folder)


def drop_leftovers(folder: Path) -> None:
    """Remove the temporary files of killed processes; no other process may be writing here.

    What cannot be removed, such as a folder of that name, stays: it harms nothing.
    """
    for file in folder.glob(f".*{SUFFIX}"):
        with contextlib.suppress(OSError):
            file.unlink()


def remove_folder(folder: Path) -> None:
    """Delete a folder with all that is in it; raise OSError.

    It is renamed first, so that a kill or a power failure leaves either the complete folder or none
    under its name. What an earlier, interrupted deletion has left next to it is deleted, too.
    """
    if folder.is_symlink():
        raise OSError(errno.ENOTDIR, "it is a symbolic link", str(folder))
    doomed = folder.parent / f"{_DOOMED}{secrets.token_hex(4)}"
    os.rename(folder, doomed)
    flush_names(folder.parent)
    shutil.rmtree(doomed, onerror=_raise_unless_gone)
    for leftover in folder.parent.glob(f"{_DOOMED}*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _raise_unless_gone(_function: object, _path: str, info: tuple[Any, BaseException, Any]) -> None:
    """Raise the error of a deletion, unless another process has deleted the same file."""
    if not isinstance(info[1], FileNotFoundError):
        raise info[1]


def refuse_link(folder: Path) -> None:
    """Raise RnnlabError if a folder in which files are removed or replaced is a symbolic link.

    A link in a copied or shared folder may lead to any folder of the user.
    """
    if folder.is_symlink():
        raise RnnlabError(
            f"{folder} is a symbolic link: files of {real_path(folder)} would be changed",
            f"delete the link with `unlink {shlex.quote(str(folder))}`",
        )


def real_path(path: Path) -> Path:
    """Return the absolute path without symbolic links; of a loop of links, the path itself."""
    return Path(os.path.realpath(path))


def _create(file: Path, suffix: str, mode: int) -> Path:
    """Create an empty file with a new name next to `file`; the umask applies to the mode."""
    while True:
        name = f".{file.name[:_NAME_LENGTH]}.{secrets.token_hex(4)}{suffix}"
        temporary = file.parent / name
        try:
            os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode))
        except FileExistsError:
            continue
        return temporary
