"""Files that may be executed: nobody but the user and root can have written them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rnnlab.base.trust import open_trusted, why_distrusted

needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file in a folder of the user's."""
    made = tmp_path / "folder" / "file"
    made.parent.mkdir(mode=0o700)
    made.write_bytes(b"code")
    made.chmod(0o700)
    return made


def refusal(file: Path) -> str:
    """Return why a file may not be executed; "" if it may."""
    try:
        os.close(open_trusted(file))
    except OSError as error:
        return str(error.strerror)
    return ""


def test_the_users_own_file_is_opened(file: Path) -> None:
    descriptor = open_trusted(file)
    assert os.read(descriptor, 9) == b"code"
    os.close(descriptor)
    assert why_distrusted(file.parent) == ""


def test_a_file_or_folder_that_all_may_write_is_refused(file: Path) -> None:
    file.chmod(0o702)
    assert refusal(file) == "is writable by another user"
    file.parent.chmod(0o702)
    assert why_distrusted(file.parent) == f"{file.parent} is writable by another user"


def test_a_sticky_folder_of_root_is_as_good_as_tmp(file: Path) -> None:
    """The folder of the tests is usually below /tmp itself."""
    file.parent.chmod(0o1777)
    expected = "" if os.getuid() == 0 else f"{file.parent} is writable by another user"
    assert why_distrusted(file.parent) == expected


@needs_root
def test_another_owner_is_refused_even_if_only_they_may_write(file: Path) -> None:
    os.chown(file, 12345, -1)
    assert refusal(file) == "belongs to another user"
    os.chown(file.parent, 12345, -1)
    assert why_distrusted(file.parent) == f"{file.parent} belongs to another user"


@needs_root
@pytest.mark.parametrize(("group", "problem"), [(0, ""), (12345, "is writable by another user")])
def test_only_the_users_own_group_may_write(file: Path, group: int, problem: str) -> None:
    os.chown(file, -1, group)
    file.chmod(0o770)
    assert refusal(file) == problem


def test_a_link_is_judged_by_what_it_leads_to(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(file.parent)
    file.parent.chmod(0o702)
    assert why_distrusted(link) == f"{file.parent} is writable by another user"
