"""What comes of every action, screen by screen: the table that `test_every_action.py` presses.

An action that is in effect only after other keys says which; what is looked at is never the picture
but the one thing that the action is for.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from textual.widgets import Input, Static

from rnnlab.plots import ALL, Extent, extent
from rnnlab.protocol.messages import Inspect
from rnnlab.tui.app import LabApp
from rnnlab.tui.new_run.setting_field import SettingField
from rnnlab.tui.prompting.board import CandidateBoard
from rnnlab.tui.screens.compare import CompareScreen
from rnnlab.tui.screens.corpora import CorporaScreen
from rnnlab.tui.screens.inspect import InspectScreen
from rnnlab.tui.screens.lab import LabScreen
from rnnlab.tui.screens.run import RunScreen
from rnnlab.tui.screens.system import SystemScreen
from rnnlab.tui.screens.timeline import TimelineScreen
from rnnlab.tui.shell.panes import Pane
from rnnlab.tui.shell.screen_registry import entries
from tests.toys.answering_generator import AnsweringGenerator


@dataclass
class World:
    """The lab, and what it has said and read so far."""

    app: LabApp
    said: list[str] = field(default_factory=list)
    num_lists: int = 0
    """How often the corpora were listed."""

    @property
    def page(self) -> Any:
        """The screen below any dialog."""
        return self.app.page

    @property
    def focus(self) -> str | None:
        """Id of what has the focus."""
        return self.app.focused.id if self.app.focused is not None else None


class Effect(NamedTuple):
    """What an action is for."""

    seen: Callable[[World], Any]
    """What is looked at."""
    has_come: Callable[[Any, Any], bool]
    """Whether what was seen and what is seen now differ as they should."""
    before: tuple[str, ...] = ()
    """Keys that come first."""
    run: str = "running-lstm"
    """The run that is chosen."""
    after: tuple[str, ...] = ()
    """Keys that bring back what the next action needs."""
    is_ready: Callable[[Any], bool] = lambda seen: seen is not None
    """Whether the key can be pressed, by what is seen."""


def changes(seen: Callable[[World], Any], *before: str, **rest: Any) -> Effect:
    """Expect another value."""
    return Effect(seen, operator.ne, before, **rest)


def grows(seen: Callable[[World], Any], *before: str) -> Effect:
    """Expect a greater value."""
    return Effect(seen, operator.lt, before)


def falls(seen: Callable[[World], Any], *before: str) -> Effect:
    """Expect a smaller value."""
    return Effect(seen, operator.gt, before)


def becomes(seen: Callable[[World], Any], value: object, *before: str) -> Effect:
    """Expect a value where there was another one."""

    def seen_before(world: World) -> tuple[bool, Any]:
        return seen(world) == value, seen(world)

    return Effect(
        seen_before, lambda _, now: bool(now[0]), before, is_ready=lambda seen: not seen[0]
    )


def says(text: str, run: str = "running-lstm") -> Effect:
    """Expect to be told something."""
    return Effect(
        lambda world: list(world.said),
        lambda was, now: any(text in one for one in now[len(was) :]),
        run=run,
    )


def copies(text: str) -> Effect:
    """Expect a text to be copied."""

    def has_come(was: str, now: str) -> bool:
        return now != was and now.startswith(text)

    return Effect(lambda world: world.app.clipboard, has_come)


def opens(dialog: str, *before: str) -> Effect:
    """Expect a dialog."""
    return becomes(lambda world: type(world.app.screen).__name__, dialog, *before)


def focuses(widget: str, *before: str) -> Effect:
    """Expect the focus to go somewhere."""
    return becomes(lambda world: world.focus, widget, *before)


def shows(screen: str, *before: str) -> Effect:
    """Expect another screen."""
    return becomes(lambda world: world.page.entry_name, screen, *before)


def _look(world: World) -> object:
    return world.page.query_one(CandidateBoard).look


def _order(world: World) -> tuple[str, ...]:
    return tuple(world.page.plots.names)


def _shown(world: World) -> Extent | None:
    """Return the part of the axis that the charts show."""
    plots = world.page.plots
    front = plots.front()
    whole = None if front is None else extent(front.chart)
    if whole is None:
        return None
    shown: Extent = plots.viewport.window.shown(whole)
    return shown


def _mode(world: World) -> str | None:
    """Return what the x axis follows, once there is a range to follow."""
    front = world.page.plots.front()
    mode: str = world.page.plots.viewport.window.mode
    return None if front is None or extent(front.chart) is None else mode


def _span(world: World) -> float | None:
    shown = _shown(world)
    return shown and shown.high - shown.low


def _end(world: World) -> float | None:
    shown = _shown(world)
    return shown and shown.high


def _cursor(world: World) -> float | None:
    cursor: float | None = world.page.plots.viewport.cursor
    return cursor


def _place_in_list(world: World) -> int:
    state = world.app.state
    return [one.name for one in state.in_order()].index(state.chosen_name or "")


def _moves_by(by: int) -> Effect:
    num = 5
    return Effect(_place_in_list, lambda was, now: (now - was - by) % num == 0 and now != was)


def _panes(panes: tuple[Pane, ...]) -> dict[str, Effect]:
    def is_shown(pane: str) -> Callable[[World], object]:
        return lambda world: world.page.panes.is_shown(pane)

    def sizes(world: World) -> list[float]:
        by_class = world.page.panes.sizes.by_class
        return [size for sizes in by_class.values() for size in sizes.values()]

    resized = {"larger": changes(sizes), "smaller": changes(sizes)}
    return {
        **(resized if any(pane.edge for pane in panes) else {}),
        "full": becomes(lambda world: world.page.panes.alone, panes[0].id),
        **{f"pane-{pane.id}": changes(is_shown(pane.id)) for pane in panes},
        "panes": becomes(lambda world: (world.page.panes.alone, world.page.panes.chosen),
                         (None, {}), "1"),
    }  # fmt: skip


_STEERING = {
    "pause": says("running-lstm pauses after this step"),
    "stop": opens("ChoiceScreen"),
    "resume": says("diverged resumes from step 0", "diverged"),
    "set": opens("ChangeScreen"),
    "checkpoint": says("running-lstm saves a checkpoint"),
    "enqueue": says("diverged is queued", "diverged"),
    "sooner": says("waiting is number 1 in the queue", "waiting"),
    "later": says("waiting is number 2 in the queue", "waiting"),
}


def _has_finished(world: World) -> bool:
    return "finished-gru" in world.app.state.summaries


_KEEPING = {
    "new-from": shows("new-run")._replace(after=("escape",)),  # letters are text in the form
    "from-best": shows("new-run")._replace(after=("escape",)),
    "edit": opens("FormScreen"),
    "delete": Effect(_has_finished, lambda was, now: was and not now, run="finished-gru"),
    "undo": Effect(
        _has_finished,
        lambda was, now: now and not was,
        run="finished-gru",
        is_ready=lambda is_there: not is_there,
    ),
}
_ORDER = {
    "next-chart": Effect(_order, lambda was, now: now == was[1:] + was[:1]),
    "previous-chart": Effect(_order, lambda was, now: now == was[-1:] + was[:-1]),
    "metrics": opens("MetricsScreen"),
    "axis": changes(lambda world: world.page.plots.axis),
}
_SCALES = {
    "log": changes(lambda world: world.page.plots.front().chart.is_log),
    "smoother": grows(lambda world: world.page.plots.viewport.smoothing),
    "rougher": falls(lambda world: world.page.plots.viewport.smoothing, "plus"),
    "live": changes(_mode),
    "all-steps": becomes(
        lambda world: (world.page.plots.viewport.window, world.page.plots.viewport.cursor),
        (ALL, None),
        "v",
    ),
}
_CURSOR = {
    "cursor-left": falls(_cursor, "left"),
    "cursor-right": grows(_cursor, "left", "left"),
    "cursor-far-left": falls(_cursor, "right", "right"),
    "cursor-far-right": grows(_cursor, "shift+left", "shift+left"),
    "cursor-first": falls(_cursor, "end"),
    "cursor-last": grows(_cursor, "home"),
}
_ZOOM = {
    "zoom-in": falls(_span),
    "zoom-out": grows(_span, "up"),
    "zoom-in-y": grows(lambda world: world.page.plots.viewport.y_zoom),
    "zoom-out-y": falls(lambda world: world.page.plots.viewport.y_zoom),
    "pan-left": falls(_end, "up"),
    "pan-right": grows(_end, "up", "pageup"),
}


def _first_row(world: World) -> int | None:
    """Return the first visible row of the candidates, once they have several pages."""
    board = world.page.query_one(CandidateBoard)
    return round(board.scroll_y) if board.has_pages else None


_SINGLE = {"single": changes(lambda world: world.page.plots.view.is_single)}
_CHARTS = {**_ORDER, **_SCALES, **_CURSOR, **_ZOOM, **_SINGLE}
_PROMPTING = {
    "write": focuses("prompt"),
    "letters": changes(_look),
    "edit-text": changes(lambda world: world.page.text_field().text),
    "page-on": grows(_first_row),  # the log-probs, shown before, need several pages
    "page-back": Effect(_first_row, operator.gt, before=("pagedown",), after=("t",), is_ready=bool),
    "copy": copies("Once upon a time [b]the mayor"),
    "decoders": opens("DecodersScreen"),
    "look-into": shows("tokens"),
    "look": changes(_look),
    "save-texts": opens("AskLineScreen"),
}
_RUN_CHOICE = {"next-run": _moves_by(1), "run-before": _moves_by(-1)}

_LAB = {
    "run-view": shows("run"),
    "mark": changes(lambda world: world.app.state.selected, after=("space",)),
    "pin": changes(lambda world: list(world.app.state.view.pinned)),
    "sort": changes(lambda world: world.app.state.view.sort),
    "reverse": changes(lambda world: world.app.state.view.is_reversed),
    "filter": opens("FilterScreen"),
    "columns": opens("ColumnsScreen"),
    "unselect": becomes(lambda world: world.app.state.selected, (), "space"),
    "down": grows(lambda world: world.page.table.cursor_row),
    "up": falls(lambda world: world.page.table.cursor_row, "j"),
    **_STEERING,
    **_KEEPING,
    **_CHARTS,
    **_PROMPTING,
    **_panes(LabScreen.PANES),
    **{f"open-{one.name}": shows(one.name) for one in entries()},
    "open-lab": shows("lab", "f10"),
    "out": focuses("runs", "a", "tab"),
    "go": changes(lambda world: world.page.go_keys.is_waiting, after=("escape",)),
    "last-row": becomes(lambda world: world.page.table.cursor_row, 4, "home"),
    "palette": opens("Palette"),
    "picture": says("wrote "),
    "help": opens("HelpScreen"),
    "quit": opens("QuitScreen"),
}


def _first_of_beam(world: World) -> int | None:
    """Return the first visible row of the beam's candidates, the third decoder."""
    if world.page.shown != 2:
        world.page.choose_search(2)
        return None
    return _first_row(world)


_BEAMS = {
    "tree": changes(lambda world: world.page.tree_view.display, after=("b",)),
    "next-search": Effect(
        lambda world: world.page.shown, lambda was, now: now == (was + 1) % 3
    ),
    **_PROMPTING,
    "page-on": grows(_first_of_beam),
    "page-back": Effect(
        _first_of_beam, operator.gt, before=("pagedown",), after=("t",), is_ready=bool
    ),
    **_RUN_CHOICE,
}  # fmt: skip


def _place(world: World) -> int:
    return int(world.page.editor.now.place)


def _num_letters(world: World) -> int | None:
    return len(world.page.editor.now.all_tokens) or None


def _choice(world: World) -> int:
    return int(world.page.distribution.cursor)


def _num_branches(world: World) -> int:
    return len(world.page.editor.leaves())


_TOKENS = {
    "before": falls(_place, "end"),
    "after": grows(_place, "home"),
    "first": becomes(_place, 0, "end"),
    "last": becomes(lambda world: _place(world) == _num_letters(world), True, "home"),
    "up": falls(_choice, "home"),
    "down": grows(_choice, "home", "up", "up"),
    "take": changes(lambda world: world.page.editor.now.all_tokens, "home", "up"),
    "cut": falls(lambda world: len(world.page.editor.now.all_tokens), "home", "up", "enter"),
    "undo": changes(lambda world: world.page.editor.now.all_tokens, "home", "up", "enter"),
    "go-on": grows(_num_branches, "end", "left"),
    "pass-on": opens("DecodersScreen"),
    "next-branch": changes(lambda world: world.page.editor.now.all_tokens, "home", "up", "enter"),
    "branch-before": changes(lambda world: world.page.editor.now.all_tokens, "home", "up", "enter"),
    "tree": changes(lambda world: world.page.has_class("-tree"), after=("b",)),
    "next-decoder": changes(lambda world: world.page.tokens.shown),
    "refresh": grows(lambda _: len(AnsweringGenerator.latest_made.looks)),
    "decoders": opens("DecodersScreen"),
    "copy": Effect(
        lambda world: (world.app.clipboard, world.page.editor.now.text),
        lambda was, now: now[0] == was[1] != was[0],
    ),
    "marks": changes(lambda world: world.page.text.has_marks),
    "write": focuses("own-text"),
}


def _round(world: World) -> int:
    page = world.page
    return int(page.rounds.index(page.shown)) if page.shown else -1


_TIMELINE = {
    "before": falls(_round, "end"),
    "after": grows(_round, "home"),
    "far-before": becomes(_round, 0, "end"),
    "far-after": becomes(_round, 3, "home"),
    "first": becomes(_round, 0, "end"),
    "newest": becomes(lambda world: world.page.place, None, "home"),
    "ask": shows("prompt"),
    "copy": copies("Once upon [b] a \x1b[31m time, at 40"),
    **_ORDER,
    **_SCALES,
    **_ZOOM,
    "all-steps": becomes(lambda world: world.page.plots.viewport.window, ALL, "v"),
    **_panes(TimelineScreen.PANES),
    **_RUN_CHOICE,
}


def _unit(world: World) -> str | None:
    """Return what stands in the field, once there are units."""
    page = world.page
    asked = AnsweringGenerator.latest_made.questions[-1]
    is_asked = isinstance(asked, Inspect) and asked.view == "neurons"
    is_there = page.tabs.chosen == "neurons" and is_asked and page.units
    return str(page.query_one("#inspect-unit", Input).value) if is_there else None


def _view(world: World) -> object:
    return world.page.tabs.chosen


_VIEWS = [
    action.name.removeprefix("view-")
    for group in InspectScreen.GROUPS
    for action in group.actions
    if action.name.startswith("view-") and not action.key
]
_INSPECT = {
    **{f"view-{name}": becomes(_view, name, "left") for name in _VIEWS},
    "next-view": becomes(_view, _VIEWS[0], "left"),
    "view-before": becomes(_view, _VIEWS[-1]),
    "text": focuses("inspect-text", "right"),
    "next-unit": changes(_unit, *["right"] * _VIEWS.index("neurons")),
    "unit-before": changes(_unit),
    "checkpoint": changes(lambda world: world.page.checkpoint),
    "beside": changes(lambda world: world.page.other or "none"),
    "again": grows(lambda _: len(AnsweringGenerator.latest_made.questions)),
    "train-lab": opens("ChoiceScreen"),
    **_SCALES,
    **_CURSOR,
    **_ZOOM,
}


def _field(world: World) -> object:
    return world.page.field.kind.name


def _values(world: World) -> list[str]:
    return [one.input.value for one in world.page.query(SettingField) if one.input.value]


_NEW_RUN = {
    "start": says("is starting; quitting the app does not stop it"),
    "queue": says("is queued; quitting"),
    "choose": opens("PickScreen"),
    "complete": changes(_field),
    "copy": copies("rnnlab train stump"),
    "next-group": becomes(_field, "epochs"),
    "group-before": becomes(_field, "recipe"),
    "next-field": becomes(_field, "layers"),
    "field-before": becomes(_field, "name"),
    "trial": changes(lambda world: str(world.page.query_one("#estimate", Static).content)),
    "empty": becomes(_values, []),
}
_CORPORA = {
    "add": opens("FormScreen"),
    "fetch": opens("FormScreen", "down", "down", "down"),
    "list": grows(lambda world: world.num_lists),
    **_panes(CorporaScreen.PANES),
}

EFFECTS: Mapping[str, Mapping[str, Effect]] = {
    "lab": _LAB,
    "prompt": {**_PROMPTING, **_RUN_CHOICE},
    "beams": _BEAMS,
    "tokens": _TOKENS,
    "timeline": _TIMELINE,
    "inspect": _INSPECT,
    "compare": {**_PROMPTING, **_CHARTS, **_panes(CompareScreen.PANES)},
    "new-run": _NEW_RUN,
    "run": {
        "copy": copies("corpus ="),
        **_STEERING,
        **_KEEPING,
        **_RUN_CHOICE,
        **_panes(RunScreen.PANES),
    },
    "system": {
        **_STEERING,
        **_KEEPING,
        **_SCALES,
        **_CURSOR,
        **_ZOOM,
        **_panes(SystemScreen.PANES),
    },
    "corpora": _CORPORA,
}
"""By screen and action. What goes from everywhere is pressed at home, where it is in the table."""
