"""The lines above a picture: its title, and each curve's sign, name and last value.

They stand outside the picture, so that they hide nothing. A sign is a character of the curve
itself: curves are told apart without their colours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import cycle, groupby
from string import ascii_lowercase

from rnnlab.plots._canvas import Pen
from rnnlab.plots._chart import Chart
from rnnlab.plots._style import DrawStyle
from rnnlab.plots._text import Line, Segment, columns, cropped, shortened
from rnnlab.plots._ticks import brief, place, significant
from rnnlab.plots._y_range import Series, View

_GAP = Segment("   ")
_NARROW_GAP = Segment("  ")
_LEAST_NAME_WIDTH = 16
_VALUE_WIDTH = 10
"""What a letter and a value take beside a name."""
_NUM_FORMS = 3
"""Ways to write an entry, each shorter than the one before."""


def pens_of(view: View, style: DrawStyle) -> list[Pen]:
    """Return what each series is drawn with; where there are many, each run has a letter."""
    keys = list(dict.fromkeys(map(_key, view.series)))
    has_letters = len(keys) > 2 or any(series.curve.run for series in view.series)
    letters = dict(zip(keys, cycle(ascii_lowercase if has_letters else [""]), strict=False))
    return [_pen(series, letters[_key(series)], style) for series in view.series]


def heading(
    chart: Chart, view: View, pens: Sequence[Pen], style: DrawStyle, *, width: int, most_rows: int
) -> list[Line]:
    """Return title and legend in at most so many rows, in a single one where they fit."""
    title = Segment(style.say(chart.title), style.foreground)
    unit = Segment(f", {style.say(chart.y_label)}" if chart.y_label else "", style.dim)
    notes = style.say(_notes(chart, view))
    note = Segment(f" {notes}" if notes else "", style.foreground)
    head: Line = (title, unit, note)
    forms = [_entries(view, pens, style, width, form) for form in range(_NUM_FORMS)]
    row = _spaced([head, *forms[0]])
    if columns(row) <= width:
        return [row]
    if most_rows < 2:
        return [_row([(title, note), *forms[-1]], width, style)]
    for entries in forms:
        rows, num_left_out = _table(entries, width, most_rows - 1)
        if not num_left_out:
            break
    else:
        head = (*head, Segment(f" +{num_left_out} more", style.dim))
    return [cropped(row, width, style.ellipsis) for row in (head, *rows)]


def _notes(chart: Chart, view: View) -> str:
    """Return what is to be known of the values: how many are missing, smoothed, where read."""
    notes = []
    if view.num_not_finite:
        notes.append(f"{view.num_not_finite} not finite")
    if chart.smoothing:
        notes.append(f"smoothed {chart.smoothing:g}")
    if chart.cursor is not None:
        notes.append(f"at {place(chart.axis, chart.cursor, view.x.high)}")
    return " ".join(f"· {note}" for note in notes)


def _pen(series: Series, letter: str, style: DrawStyle) -> Pen:
    signs, curve = style.signs, series.curve
    if not style.is_ascii:
        # Without colours a letter at the end is too little to follow points by.
        kind = "braille" if style.glyphs == "braille" else "hd"
        return Pen(kind, letter if letter and not style.has_color else signs.mark, letter)
    if curve.is_faint or curve.style == "points":
        return Pen(signs.dots[0], letter.upper() or signs.mark, letter.upper())
    return Pen(letter or signs.line[0], letter or signs.mark, letter)


def _key(series: Series) -> str:
    return series.curve.run or series.curve.name


def _entries(
    view: View, pens: Sequence[Pen], style: DrawStyle, width: int, form: int
) -> list[Line]:
    """Return what the legend says of each run and each level; `form` 0 says most."""
    name_width = max(min(max(_LEAST_NAME_WIDTH, width // 3), width - _VALUE_WIDTH), 1)
    pairs = [p for p in zip(view.series, pens, strict=True) if not p[0].curve.is_ghost]
    entries = [
        _entry(list(group), style, name_width, form, has_units=view.has_units)
        for _, group in groupby(pairs, lambda p: _key(p[0]))
    ]
    dash = Segment(style.signs.level * 2, style.dim)
    for level, _, arrow in view.marks:
        value = brief(level.value, has_units=view.has_units)
        text = f" {style.say(level.name)} {value}{style.say(arrow)}"
        entries.append((dash, Segment(text, style.foreground)))
    return entries


def _entry(
    group: list[tuple[Series, Pen]],
    style: DrawStyle,
    name_width: int,
    form: int,
    *,
    has_units: bool,
) -> Line:
    """Return one run's entry: `⠒⠒ train 1.234`, or `a gru train 1.234 ● val 1.301`."""
    entry: list[Segment] = []
    signs = style.signs
    for (curve, _, _, read, _), pen in group if form < 2 else group[:1]:
        color = style.color(curve.color)
        run, part = (
            shortened(style.say(name), name_width, style.ellipsis)
            for name in (curve.run, curve.name.removeprefix(curve.run))
        )
        if not pen.letter:
            sign = signs.dots if curve.is_faint else signs.line
            sign = signs.joined if curve.style == "points" else sign
        elif entry:
            sign = signs.joined[0] + pen.mark
        else:
            sign = f"{pen.letter} {run}" if run else pen.letter
        words = [sign, part] if form == 0 or not run else [sign]
        entry.append(Segment((" " if entry else "") + " ".join(filter(None, words)), color))
        entry.append(Segment(f" {significant(read, has_units=has_units)}", style.foreground))
    return tuple(entry)


def _row(parts: list[Line], width: int, style: DrawStyle) -> Line:
    """Return as many parts as one row holds, none of them cut but the first."""
    row = cropped(parts[0], width, style.ellipsis)
    for part in parts[1:]:
        longer = (*row, _NARROW_GAP, *part)
        if columns(longer) > width:
            break
        row = longer
    return row


def _table(entries: list[Line], width: int, most_rows: int) -> tuple[list[Line], int]:
    """Return entries in rows, one below another, and the number of those left out."""
    cell = max(map(columns, entries), default=0)
    gap = columns([_GAP])
    per_row = max((width + gap) // (cell + gap), 1)
    padded = [(*entry, Segment(" " * (cell - columns(entry)))) for entry in entries]
    shown = padded[: per_row * most_rows]
    rows = [_spaced(shown[i : i + per_row]) for i in range(0, len(shown), per_row)]
    return rows, len(entries) - len(shown)


def _spaced(parts: Iterable[Line]) -> Line:
    """Return parts in one line, a gap between each two."""
    return tuple(segment for part in parts for segment in (_GAP, *part))[1:]
