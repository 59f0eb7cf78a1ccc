from __future__ import annotations

import math

import pytest

from rnnlab.plots import PALETTE, DrawStyle

Rgb = tuple[float, float, float]
DEFICIENCIES = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
}
"""Machado, Oliveira and Fernandes (2009), severity 1, in linear RGB."""


def linear(color: tuple[int, int, int]) -> Rgb:
    r, g, b = (c / 3294.6 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in color)
    return r, g, b


def luminance(color: tuple[int, int, int]) -> float:
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear(color), strict=True))


def contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def lab(rgb: Rgb) -> Rgb:
    r, g, b = rgb
    xyz = (
        (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505,
        0.2126 * r + 0.7152 * g + 0.0722 * b,
        (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089,
    )
    x, y, z = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def seen_with(deficiency: str, color: tuple[int, int, int]) -> Rgb:
    rgb = linear(color)
    r, g, b = (
        min(max(sum(w * c for w, c in zip(row, rgb, strict=True)), 0.0), 1.0)
        for row in DEFICIENCIES[deficiency]
    )
    return r, g, b


@pytest.mark.parametrize("color", PALETTE)
def test_every_colour_is_seen_on_black_and_on_white(color: tuple[int, int, int]) -> None:
    assert contrast(color, (255, 255, 255)) >= 2.2
    assert contrast(color, (30, 30, 30)) >= 2.8


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_any_two_of_eight_colours_are_told_apart_without_red_or_green(deficiency: str) -> None:
    seen = [lab(seen_with(deficiency, color)) for color in PALETTE]
    distances = [math.dist(a, b) for i, a in enumerate(seen) for b in seen[:i]]
    assert len(PALETTE) == 8
    # The original palette has 10; 2.3 is the just noticeable difference.
    assert min(distances) > 15


def test_the_palette_wraps_around() -> None:
    assert DrawStyle().color(8) == DrawStyle().color(0)


def test_faint_colours_are_closer_to_the_background() -> None:
    for background in ((0, 0, 0), (255, 255, 255)):
        style = DrawStyle(background=background)
        faint, full = style.color(0, is_faint=True), style.color(0)
        assert math.dist(faint, background) < math.dist(full, background)


def test_ascii_words_keep_what_can_be_kept() -> None:
    assert DrawStyle("ascii").printable("modèle · 5↑ …") == "mod?le - 5^ ..."


def test_words_are_one_line_without_control_characters() -> None:
    said = DrawStyle().printable("a\n\tb\x1b[31m\x07\u202e")
    assert said.startswith("a b [31m")
    assert said.isprintable()
