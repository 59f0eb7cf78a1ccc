"""Whether a file may be executed: nobody but the user and root can have written it.

The rules are those that ssh applies to its keys: the file and every folder above it belong to the
user or to root, and nobody else may write to them. A folder of root with the sticky bit, such as
/tmp, may be writable by all, because only the owner of an entry can replace it there. Where every
user has a group of their own (umask 002), that group counts as the user.
"""

from __future__ import annotations

import errno
import grp
import os
import pwd
import stat
import tempfile
from pathlib import Path

from rnnlab.base.files import real_path
from rnnlab.base.regular_files import UnfitFileError, open_regular

_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def why_distrusted(folder: Path) -> str:
    """Return why files in a folder must not be executed, in one line; "" if they may be.

    Checks the folder and all folders above it, without symbolic links. Raises OSError.
    """
    real = real_path(folder)
    for place in (real, *real.parents):
        problem = _problem(os.stat(place))
        if problem:
            return f"{place} {problem}"
    return ""


def open_trusted(file: Path) -> int:
    """Open a file that is to be executed, and return its descriptor.

    Raises UnfitFileError if another user may have written the file, or OSError. The caller checks
    the folder with `why_distrusted`, and executes what the descriptor reads.
    """
    descriptor = open_regular(file)
    problem = _problem(os.fstat(descriptor))
    if problem:
        os.close(descriptor)
        raise UnfitFileError(errno.EPERM, problem, file)
    return descriptor


def is_foreign(folder: Path, *files: Path) -> bool:
    """Return whether a folder, or a file in it, belongs to another user than new files there.

    Root counts as the user. Some file systems give every file one owner: there, the owner of a new
    file is not this user, and nothing is foreign. Raises OSError for a missing file.
    """
    owners = {os.stat(path).st_uid for path in (folder, *files)} - {0, os.getuid()}
    if not owners:
        return False
    try:
        with tempfile.TemporaryFile(dir=folder) as new:
            owners.discard(os.fstat(new.fileno()).st_uid)
    except OSError:
        pass  # no room, or no permission
    return bool(owners)


def _problem(status: os.stat_result) -> str:
    if status.st_uid not in (0, os.getuid()):
        return "belongs to another user"
    is_sticky = stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX
    by_others = status.st_mode & _BY_OTHERS
    if by_others == stat.S_IWGRP and _is_own_group(status.st_gid):
        by_others = 0
    is_shared = by_others and not (is_sticky and status.st_uid == 0)
    return "is writable by another user" if is_shared else ""


def _is_own_group(number: int) -> bool:
    """Return whether the user is the only member of a group, which has the user's name."""
    try:
        user, group = pwd.getpwuid(os.getuid()), grp.getgrgid(number)
    except KeyError:
        return False
    is_own = user.pw_gid == number and group.gr_name == user.pw_name
    return is_own and set(group.gr_mem) <= {user.pw_name}
