"""Files of pictures: never overwritten, and written to the next folder if one refuses them."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.tui.shell.picture import Picture, write_picture

ONE = Picture("<svg/>", "one\n")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Set the folder of pictures; no converter is on PATH."""
    monkeypatch.setenv("RNNLAB_PICTURES", str(tmp_path / "pictures"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    return tmp_path / "pictures"


def test_a_picture_is_written_as_svg_and_text_and_overwrites_nothing(folder: Path) -> None:
    assert write_picture(ONE, "lab") == [folder / "lab.svg", folder / "lab.txt"]
    (folder / "lab-2.txt").write_text("somebody else's")
    assert write_picture(Picture("<svg>2</svg>", "two\n"), "lab")[0] == folder / "lab-3.svg"
    assert (folder / "lab.svg").read_text() == "<svg/>"
    assert (folder / "lab-2.txt").read_text() == "somebody else's"
    assert (folder / "lab-3.txt").read_text() == "two\n"


def test_a_folder_that_cannot_be_written_is_replaced_by_the_home_folder_then_the_temporary_one(
    folder: Path, tmp_path: Path
) -> None:
    folder.write_text("a file, not a folder")
    assert write_picture(ONE, "lab")[0] == tmp_path / "home" / "pictures" / "lab.svg"
    (tmp_path / "home" / "pictures").rename(tmp_path / "elsewhere")
    (tmp_path / "home" / "pictures").write_text("a file, too")
    (tmp_path / "temporary").mkdir()
    (tmp_path / "temporary" / "pictures").symlink_to(tmp_path / "elsewhere")  # by another user
    private = write_picture(ONE, "lab")[0].parent
    assert private.parent == tmp_path / "temporary"
    assert private.stat().st_mode & 0o777 == 0o700
    assert write_picture(ONE, "lab")[0].parent != private, "nobody can know its name"
    assert len(list((tmp_path / "elsewhere").iterdir())) == 2


def test_if_no_folder_can_be_written_the_error_names_them_and_the_remedy(
    folder: Path, tmp_path: Path
) -> None:
    for name in ("pictures", "home", "temporary"):
        (tmp_path / name).write_text("a file, not a folder")
    with pytest.raises(BadInputError, match="RNNLAB_PICTURES") as caught:
        write_picture(ONE, "lab")
    assert all(name in str(caught.value) for name in ("pictures", "home", "temporary"))
    assert "\n" not in str(caught.value)


def test_a_converter_on_the_path_makes_a_png_and_one_that_fails_makes_none(
    folder: Path, tmp_path: Path
) -> None:
    program = tmp_path / "bin" / "rsvg-convert"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\n[ "$3" = --output ] && echo "png of $5" > "$4"\n')
    program.chmod(0o755)
    files = write_picture(ONE, "lab")
    assert files[-1] == folder / "lab.png"
    assert files[-1].read_text() == f"png of {(folder / 'lab.svg').resolve()}\n"
    program.write_text('#!/bin/sh\n: > "$4"\nexit 1\n')
    assert write_picture(ONE, "other") == [folder / "other.svg", folder / "other.txt"]
    assert not (folder / "other.png").exists()
