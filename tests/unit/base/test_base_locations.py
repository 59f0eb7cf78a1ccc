from __future__ import annotations

import os
import pwd
import tempfile
from pathlib import Path

import pytest

from rnnlab.base.errors import RnnlabError
from rnnlab.base.locations import cache_folder, own_cache_folder
from rnnlab.corpora import find_corpus, parse_spec


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary home folder, and no XDG folders; returns the folder of temporary files."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    return tmp_path / "temporary" / f"rnnlab-{os.getuid()}"


def test_the_cache_is_below_the_home_or_where_xdg_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cache_folder() == tmp_path / ".cache" / "rnnlab"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_folder() == tmp_path / ".cache" / "rnnlab"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert cache_folder() == tmp_path / "cache" / "rnnlab"
    assert not list(tmp_path.iterdir())


def test_without_a_home_the_cache_is_temporary(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(uid: int) -> pwd.struct_passwd:
        raise KeyError(uid)

    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert cache_folder() == temporary


@pytest.mark.parametrize("home", ["/dev/null", "/proc/1", "/proc/1/nowhere"])
def test_a_cache_that_cannot_be_written_is_temporary(
    temporary: Path, home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", home)
    assert cache_folder() == temporary


def test_a_folder_without_write_permission_is_not_used_as_cache(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "read-only"
    folder.mkdir(mode=0o555)
    if os.access(folder, os.W_OK):
        pytest.skip("this user may write anywhere")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    assert cache_folder() == temporary


def test_a_made_corpus_needs_no_home(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/dev/null")
    spec = parse_spec("copy:delay=5,sentences=100")
    assert spec is not None
    file = find_corpus("copy:delay=5,sentences=100")
    assert file.is_relative_to(temporary)
    assert file.read_text(encoding="utf-8") == spec.text()


@pytest.mark.parametrize("is_link", [False, True])
def test_a_temporary_cache_of_another_user_is_not_used(
    temporary: Path, monkeypatch: pytest.MonkeyPatch, *, is_link: bool
) -> None:
    monkeypatch.setenv("HOME", "/dev/null")
    assert own_cache_folder() == temporary
    assert temporary.stat().st_mode & 0o777 == 0o700
    if is_link:
        temporary.rename(temporary.with_name("elsewhere"))
        temporary.symlink_to(temporary.with_name("elsewhere"))
    else:
        owner = temporary.stat().st_uid
        monkeypatch.setattr(os, "getuid", lambda: owner + 1)
        temporary.rename(temporary.with_name(f"rnnlab-{owner + 1}"))
    with pytest.raises(RnnlabError, match="belongs to another user; set XDG_CACHE_HOME"):
        own_cache_folder()
