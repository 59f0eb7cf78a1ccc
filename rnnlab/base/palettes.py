"""The colours of the runs, the same in lists and in charts."""

from __future__ import annotations

Color = tuple[int, int, int]

PALETTE: tuple[Color, ...] = (
    (177, 127, 15),
    (9, 174, 215),
    (7, 187, 123),
    (191, 174, 19),
    (27, 142, 251),
    (164, 73, 16),
    (189, 56, 144),
    (164, 164, 164),
)
"""The palette of Okabe and Ito (2008) in their order, with grey instead of black. The lightness is
adjusted so that each colour is readable on black and on white, and any two are distinguishable in
protanopia and deuteranopia."""

Palette = tuple[Color, ...]
PALETTES: dict[str, Palette] = {
    "colour-blind": PALETTE,
    "vivid": (
        (230, 126, 34), (52, 152, 219), (46, 204, 113), (214, 69, 130), (155, 89, 182),
        (203, 67, 53), (22, 160, 133), (149, 165, 166),
    ),
    "sixteen": (
        (255, 255, 85), (85, 255, 255), (85, 255, 85), (255, 85, 255), (85, 85, 255),
        (255, 85, 85), (170, 85, 0), (170, 170, 170),
    ),
}  # fmt: skip
"""Palettes by name. The colours of `sixteen` also differ on a terminal with 16 colours."""
