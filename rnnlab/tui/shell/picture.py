"""Pictures of the screen: an SVG, the same as plain text, and a PNG if a converter is installed."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from textual.app import App

from rnnlab.base.errors import BadInputError, one_line
from rnnlab.base.files import real_path
from rnnlab.base.locations import pictures_folder

_MOST_TRIES = 1000
"""Maximum number of names that are tried for one picture."""
_CONVERTER_S = 60.0
"""Seconds after which a converter is ended."""
_CONVERTERS: tuple[tuple[str, Callable[[str, str], list[str]]], ...] = (
    ("rsvg-convert", lambda svg, png: ["--zoom", "2", "--output", png, svg]),
    ("resvg", lambda svg, png: ["--zoom", "2", svg, png]),
    ("inkscape", lambda svg, png: ["--export-type=png", f"--export-filename={png}", svg]),
)
"""Programs that convert an SVG, each with the arguments for the two files."""


@dataclass(frozen=True, slots=True)
class Picture:
    """The screen at one moment."""

    svg: str
    text: str


def take_picture(app: App[None]) -> Picture:
    """Return what is on the screen now, dialogs included."""
    strips = app.screen._compositor.render_strips()
    text = "\n".join(strip.text.rstrip() for strip in strips)
    return Picture(app.export_screenshot(title=app.title), f"{text.rstrip()}\n")


def write_picture(picture: Picture, stem: str) -> list[Path]:
    """Write a picture into the first folder that accepts it; return its files.

    stem: name of the files without their endings; a number is appended if a file has that name. The
    folders are that of `pictures_folder`, one in the home folder, and a new, private one in the
    folder of temporary files. Raise BadInputError if none of them can be written.
    """
    reasons = []
    for folder, mode in _folders():
        try:
            folder.mkdir(mode, parents=True, exist_ok=True)
            svg = _write_new(folder, stem, picture)
        except OSError as error:
            reasons.append(f"{folder}: {error.strerror or error}")
        else:
            return [svg, svg.with_suffix(".txt"), *_convert(svg)]
    raise BadInputError(
        one_line(f"cannot write a picture to {'; '.join(reasons)}"),
        "set RNNLAB_PICTURES to a folder that you can write to",
    )


def _folders() -> Iterator[tuple[Path, int]]:
    """Yield the folders to try, each with its permissions if it is new."""
    folder = pictures_folder()
    yield folder, 0o777
    with contextlib.suppress(RuntimeError):  # raised if there is no home folder
        yield Path.home() / folder.name, 0o777
    # Others read the folder of temporary files, and may have made a folder or a link of any name.
    yield Path(tempfile.gettempdir()) / f"{folder.name}-{secrets.token_hex(8)}", 0o700


def _write_new(folder: Path, stem: str, picture: Picture) -> Path:
    """Write the SVG and the text under a name that no file has yet; return the SVG's path."""
    for number in range(1, _MOST_TRIES):
        svg = folder / f"{stem}{'' if number == 1 else f'-{number}'}.svg"
        text = svg.with_suffix(".txt")
        if text.exists() or svg.with_suffix(".png").exists():
            continue
        try:
            _write(svg, picture.svg)
        except FileExistsError:
            continue
        try:
            _write(text, picture.text)
        except OSError:
            svg.unlink()
            raise
        return svg
    raise FileExistsError(f"{_MOST_TRIES} pictures have the name {stem}")


def _write(file: Path, text: str) -> None:
    """Write a new file; remove it again if it cannot be written completely."""
    stream = file.open("x", encoding="utf-8")
    try:
        with stream:
            stream.write(text)
    except OSError:
        file.unlink(missing_ok=True)
        raise


def _convert(svg: Path) -> list[Path]:
    """Return the PNG that the first installed converter has written; empty without one."""
    png = svg.with_suffix(".png")
    for name, arguments in _CONVERTERS:
        program = shutil.which(name)
        if program is None:
            continue
        command = [program, *arguments(str(real_path(svg)), str(real_path(png)))]
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, timeout=_CONVERTER_S, check=False,
            )  # fmt: skip
        if png.is_file() and png.stat().st_size:
            return [png]
        png.unlink(missing_ok=True)
    return []
