"""The lines above a picture: its title, and each curve's sign, name and last value.

The legend is outside the picture, so that it hides nothing. A sign is a character of the curve
itself, so that curves are distinguishable without colours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import cycle, groupby
from string import ascii_lowercase

from rnnlab.base.cells import shortened
from rnnlab.base.display import MISSING
from rnnlab.plots._canvas import Pen
from rnnlab.plots._chart import Chart
from rnnlab.plots._style import DrawStyle
from rnnlab.plots._text import Line, Segment, columns, cropped
from rnnlab.plots._ticks import brief, place, significant
from rnnlab.plots._y_range import Series, View

_GAP = Segment("   ")
_NARROW_GAP = Segment("  ")
_LEAST_NAME_WIDTH = 16
_VALUE_WIDTH = 10
"""Columns of the letter and the value next to a name."""
_LEAST_DECADES = 1.5
"""Decades between the lowest and the highest visible value from which the log scale is offered."""
_NUM_FORMS = 3
"""Number of formats of an entry with its values, from the longest to the shortest."""
_SHORTEST, _LEVELS_UNREAD, _UNREAD = _NUM_FORMS - 1, _NUM_FORMS, _NUM_FORMS + 1
"""Formats for a single row: the shortest with values, levels without theirs, no values at all."""


def pens_of(view: View, style: DrawStyle) -> list[Pen]:
    """Return the pen of each series; if there are many, each run has a letter.

    A run without a letter of its own has the next one that no other run has.
    """
    own = {_key(series): series.curve.letter for series in view.series}
    has_letters = len(own) > 2 or any(series.curve.run for series in view.series)
    free = [letter for letter in ascii_lowercase if letter not in own.values()]
    others = cycle(free if has_letters and free else [""])
    letters = {key: letter or next(others) for key, letter in own.items()}
    return [_pen(series, letters[_key(series)], style) for series in view.series]


def heading(
    chart: Chart, view: View, pens: Sequence[Pen], style: DrawStyle, *, width: int, most_rows: int
) -> list[Line]:
    """Return title and legend in at most `most_rows` rows, in one row if they fit."""
    title = Segment(style.printable(chart.title), style.foreground)
    unit = Segment(f", {style.printable(chart.y_label)}" if chart.y_label else "", style.dim)
    notes = style.printable(_notes(chart, view))
    note = Segment(f" {notes}" if notes else "", style.foreground)
    head: Line = (title, unit, note)
    forms = [_entries(view, pens, style, width, form) for form in range(_NUM_FORMS)]
    row = _spaced([head, *forms[0]])
    if columns(row) <= width:
        return [row]
    if most_rows < 2:
        return [_single_row((title, note), chart, view, pens, style, width)]
    for entries in forms:
        rows, num_left_out = _table(entries, width, most_rows - 1)
        if not num_left_out:
            break
    else:
        packed = _packed(_entries(view, pens, style, width, _LEVELS_UNREAD), width)
        if len(packed) < most_rows:
            rows, num_left_out = packed, 0
    if num_left_out:
        curves = "curve" if num_left_out == 1 else "curves"
        dot = style.printable("·")
        rest = Segment(f" {dot} {num_left_out} {curves} not named", style.dim)
        if columns([*head, rest]) > width:  # the key of the scale is in the help, too
            notes = style.printable(_notes(chart, view, has_offer=False))
            head = (title, unit, Segment(f" {notes}" if notes else "", style.foreground))
        head = (*head, rest)
    return [cropped(row, width, style.ellipsis) for row in (head, *rows)]


def _notes(chart: Chart, view: View, *, has_offer: bool = True) -> str:
    """Return notes on the values: the scale, how many are not finite, the smoothing, the cursor.

    has_offer: whether to offer the log scale.
    """
    notes = []
    if chart.is_log:
        notes.append("log scale")
    elif has_offer and chart.log_key and view.num_decades >= _LEAST_DECADES:
        notes.append(f"press {chart.log_key} for a log scale")
    if view.num_not_finite:
        notes.append(f"{view.num_not_finite} not finite")
    if chart.smoothing:
        notes.append(f"smoothed {chart.smoothing:g}")
    if any(series.curve.style == "band" for series in view.series):
        notes.append("band: min to max")
    if chart.cursor is not None:
        notes.append(f"at {place(chart.axis, chart.x_label, chart.cursor, view.x.high)}")
    return " ".join(f"· {note}" for note in notes)


def _pen(series: Series, letter: str, style: DrawStyle) -> Pen:
    signs, curve = style.signs, series.curve
    if not style.is_ascii:
        # Without colours, a letter at the end of a curve does not suffice to identify its points.
        return Pen("", letter if letter and not style.has_color else signs.mark, letter)
    if curve.is_faint or curve.style == "points":
        return Pen(signs.dots[0], letter.upper() or signs.mark, letter.upper())
    return Pen(letter or signs.line[0], letter or signs.mark, letter)


def _key(series: Series) -> str:
    return series.curve.run or series.curve.name


def _entries(
    view: View, pens: Sequence[Pen], style: DrawStyle, width: int, form: int
) -> list[Line]:
    """Return the entry of each run and each level; `form` 0 is the longest format."""
    name_width = max(min(max(_LEAST_NAME_WIDTH, width // 3), width - _VALUE_WIDTH), 1)
    pairs = [p for p in zip(view.series, pens, strict=True) if not p[0].curve.is_ghost]
    entries = [
        _entry(list(group), style, name_width, form, has_units=view.has_units)
        for _, group in groupby(pairs, lambda p: _key(p[0]))
    ]
    dash = Segment(style.signs.level * 2, style.dim)
    for level, _, arrow in view.marks:
        value = brief(level.value, has_units=view.has_units)
        read = f" {value}" if form < _LEVELS_UNREAD else ""
        text = f" {style.printable(level.name)}{read}{style.printable(arrow)}"
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
    for series, pen in group if form < 2 else group[:1]:
        curve, read = series.curve, series.read
        color = style.color(curve.color)
        run, part = (
            shortened(style.printable(name), name_width, style.ellipsis)
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
        if form < _UNREAD:
            value = MISSING if read is None else significant(read, has_units=has_units)
            entry.append(Segment(f" {style.printable(value)}", style.foreground))
    return tuple(entry)


def _single_row(
    head: Line, chart: Chart, view: View, pens: Sequence[Pen], style: DrawStyle, width: int
) -> Line:
    """Return the head and all curves in one row; if there is no room, the number of the others.

    The names are more important than the values, unless a cursor reads them.
    """
    for form in (_SHORTEST, _LEVELS_UNREAD, _UNREAD)[: 2 if chart.cursor is not None else 3]:
        entries = _entries(view, pens, style, width, form)
        row = _joined([head, *entries])
        if columns(row) <= width:
            return row
    for num in reversed(range(len(entries))):
        others = Segment(f" +{len(entries) - num}", style.dim)
        row = (*_joined([head, *entries[:num]]), others)
        if columns(row) <= width:
            return row
    return cropped(head, width, style.ellipsis)


def _joined(parts: Iterable[Line]) -> Line:
    """Return the parts in one line, with narrow gaps between them."""
    return tuple(segment for part in parts for segment in (_NARROW_GAP, *part))[1:]


def _table(entries: list[Line], width: int, most_rows: int) -> tuple[list[Line], int]:
    """Return the entries in aligned rows, and the number of omitted entries."""
    cell = max(map(columns, entries), default=0)
    gap = columns([_GAP])
    per_row = max((width + gap) // (cell + gap), 1)
    padded = [(*entry, Segment(" " * (cell - columns(entry)))) for entry in entries]
    shown = padded[: per_row * most_rows]
    rows = [_spaced(shown[i : i + per_row]) for i in range(0, len(shown), per_row)]
    return rows, len(entries) - len(shown)


def _packed(entries: list[Line], width: int) -> list[Line]:
    """Return the entries in as few rows as have room for them; their columns are not aligned."""
    rows: list[list[Line]] = []
    for entry in entries:
        if rows and columns(_spaced([*rows[-1], entry])) <= width:
            rows[-1].append(entry)
        else:
            rows.append([entry])
    return [_spaced(row) for row in rows]


def _spaced(parts: Iterable[Line]) -> Line:
    """Return the parts in one line, with gaps between them."""
    return tuple(segment for part in parts for segment in (_GAP, *part))[1:]
