"""New run: every setting with its help, the cost of the run, the command that trains it.

The fields keep their texts while another screen is open, and after a start: the next run often
differs in one setting. Escape discards them.
"""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.timer import Timer
from textual.widgets import Input, Label

from rnnlab.base.errors import RnnlabError
from rnnlab.settings.groups import field_kind, groups
from rnnlab.tui.everywhere import EVERYWHERE, SCREENS
from rnnlab.tui.new_run.choices import changing_lists
from rnnlab.tui.new_run.model import Draft, read_draft
from rnnlab.tui.new_run.picking import complete, pick
from rnnlab.tui.new_run.setting_field import SettingField
from rnnlab.tui.new_run.summary_pane import DraftPane
from rnnlab.tui.outside.estimator import Estimate
from rnnlab.tui.runs.steering import problem_of
from rnnlab.tui.shell.actions import Action, Group, bindings
from rnnlab.tui.shell.declaration import Declaration
from rnnlab.tui.shell.screen import HOME, BaseScreen
from rnnlab.tui.state.lab_state import LabState

_LATER = Estimate("measured when you stop typing")


async def _start(screen: NewRunScreen) -> None:
    await screen.begin(is_queued=False)


async def _queue(screen: NewRunScreen) -> None:
    await screen.begin(is_queued=True)


def _copy(screen: NewRunScreen) -> None:
    screen.copy(screen.draft.command())


def _trial(screen: NewRunScreen) -> None:
    screen.ask_estimate()


async def _choose(screen: NewRunScreen) -> None:
    """Open the choices of the focused field; without choices, focus the next field."""
    field = screen.field
    if field is None or field.kind.choices is None:
        screen.focus_next()
    else:
        await pick(field)


async def _complete(screen: NewRunScreen) -> None:
    """Complete the text of the focused field; if that is not possible, focus the next field."""
    if screen.field is None or not await complete(screen.field):
        screen.focus_next()


def _list_or_next(screen: NewRunScreen) -> str:
    field = screen.field
    return "Next" if field is None or field.kind.choices is None else "List"


def _empty(screen: NewRunScreen) -> None:
    screen.empty_or_refill()


_FORM = Group["NewRunScreen"](
    "New run",
    (
        Action("ctrl+r", "start", _start, "Start", "Start the run now", True, "^r"),
        Action(
            "ctrl+l", "queue", _queue, "Queue", "Queue the run until a slot is free", True, "^l"
        ),
        Action(
            "enter", "choose", _choose, "List", "List the choices (▼), or go to the next field",
            True, is_priority=True, opens=True, label_now=_list_or_next,
        ),
        Action(
            "tab", "complete", _complete, "Complete",
            "Complete the value or path, or go to the next field", is_priority=True, opens=True,
        ),
        Action("ctrl+y", "copy", _copy, "Copy", "Copy the command of this run", True, "^y"),
        Action(
            "pagedown", "next-group", lambda screen: screen.go_to_group(1), "Group",
            "Go to the next group of settings", True, is_priority=True, is_repeatable=True,
        ),
        Action(
            "pageup", "group-before", lambda screen: screen.go_to_group(-1), "Previous group",
            "Go to the previous group of settings", is_priority=True, is_repeatable=True,
        ),
        Action(
            "down", "next-field", lambda screen: screen.focus_next(), "Next field",
            "Go to the next field", is_priority=True, is_repeatable=True,
        ),
        Action(
            "up", "field-before", lambda screen: screen.focus_previous(), "Previous field",
            "Go to the previous field", is_priority=True, is_repeatable=True,
        ),
        Action(
            "ctrl+t", "trial", _trial, "Measure", "Measure the cost of the run now",
            shown_key="^t",
        ),
        Action(
            "ctrl+o", "empty", _empty, "Empty", "Empty all fields, or restore them",
            True, "^o",
        ),
    ),
)  # fmt: skip


class NewRunScreen(BaseScreen):
    """The settings in groups; below them, or on their right, the summary."""

    GROUPS: ClassVar = (_FORM, SCREENS, EVERYWHERE)
    IS_FORM = True
    BINDINGS = bindings(GROUPS)

    def __init__(self, state: LabState) -> None:
        super().__init__(state)
        self.draft = read_draft({}, state.store, state.data)
        self._pane = DraftPane()
        self._estimator = state.outside.make_estimator(state.data)
        self._estimate_timer: Timer | None = None
        self._is_beginning = False
        self._emptied: dict[str, str] = {}
        """Texts of the fields that were emptied last."""

    def compose_body(self) -> ComposeResult:
        """Yield the fields and the summary; the style sheet arranges them by the width."""
        lists = changing_lists(self.state)
        with Horizontal(id="new-run"):
            with VerticalScroll(id="fields", can_focus=False):
                for title, names in groups().items():
                    yield Label(title, classes="group", markup=False)
                    for name in names:
                        yield SettingField(field_kind(name, lists))
            yield self._pane

    def on_mount(self) -> None:
        """Explain the field that has the focus, from now on."""
        self.watch(self, "focused", self._explain)
        self._pane.show_estimate(_LATER)
        self._read()

    def resumed(self) -> None:
        """Fill in the corpus or the settings that were chosen on another screen."""
        super().resumed()
        draft, self.state.draft_for_run = self.state.draft_for_run, None
        if draft is not None:
            for field in self.query(SettingField):
                field.input.value = draft.get(field.kind.name, "")
        corpus, self.state.corpus_for_run = self.state.corpus_for_run, None
        if corpus is not None:
            self.query_one("#field-corpus", Input).value = corpus

    def main_widget(self) -> Input:
        """Return the field of the corpus: it has the focus whenever the form opens."""
        return self.query_one("#field-corpus", Input)

    def leave(self) -> None:
        """Discard the texts of the fields, unless a run is starting with them, and leave."""
        is_discarding = not self._is_beginning and self._empty_fields()
        toast = "the form is empty again; ^o in it restores its fields" if is_discarding else ""
        self.open_screen(self.previous_screen, toast=toast)

    async def on_unmount(self) -> None:
        """End the process that measures the cost."""
        await self._estimator.close()

    @property
    def field(self) -> SettingField | None:
        """The field that has the focus."""
        parent = self.focused.parent if self.focused is not None else None
        return parent if isinstance(parent, SettingField) else None

    @on(Input.Changed)
    def _read(self) -> None:
        """Resolve the fields once, and show problems, placeholders, command and cost."""
        fields = list(self.query(SettingField))
        written = {field.kind.name: field.input.value for field in fields}
        was_faulty = self.draft.faulty is not None
        self.draft = draft = read_draft(written, self.state.store, self.state.data)
        for field in fields:
            name = field.kind.name
            problem = draft.problems.get(name, "")
            field.show(draft.placeholder(name), problem, is_changed=draft.is_changed(name))
        self._pane.show_command(draft)
        self._explain()
        if draft.faulty is not None:
            self._pane.show_estimate(Estimate(f"measured when {draft.faulty} is corrected"))
        elif was_faulty:
            self._pane.show_estimate(_LATER)
        if self._estimate_timer is not None:
            self._estimate_timer.stop()
        pause_s = self.state.outside.estimate_after_s
        self._estimate_timer = self.set_timer(pause_s, self.ask_estimate)

    def _explain(self) -> None:
        """Show the help of the focused field in full; its row may be too short for it."""
        if self.field is not None:
            self._pane.explain(self.field.kind, self.draft)

    def ask_estimate(self) -> None:
        """Measure the cost of the run, unless a field has a problem."""
        self.run_worker(self._estimate(self.draft), group="estimate")

    async def _estimate(self, draft: Draft) -> None:
        """Show the cost of the run, measured in a separate process."""
        if draft.faulty is not None:
            return  # the pane already names the field to correct
        try:
            settings = draft.settings()
        except RnnlabError:
            self._pane.show_estimate(Estimate("measured when a corpus is given"))
            return
        self._pane.show_estimate(Estimate("measuring…"))
        estimate = await self._estimator.ask(settings)
        if estimate is not None and self.is_attached and draft is self.draft:
            self._pane.show_estimate(estimate)

    async def begin(self, *, is_queued: bool) -> None:
        """Check everything, then start the run; on an error, show it and stay in the form."""
        if self._is_beginning:
            return  # two quick presses of the start keys start only one run
        self._is_beginning = True
        try:
            await self._begin(is_queued=is_queued)
        finally:
            self._is_beginning = False

    async def _begin(self, *, is_queued: bool) -> None:
        if self.draft.faulty is not None:
            self.query_one(f"#field-{self.draft.faulty}", Input).focus()
        if self._pane.asks_about(self.draft.doubt(), "^l" if is_queued else "^r"):
            return
        self._pane.show_message("checking the text…")
        try:
            name = await asyncio.to_thread(
                self.draft.start, is_queued=is_queued, launch_worker=self.state.outside.launch
            )
        except (RnnlabError, OSError) as error:
            self._pane.show_message(problem_of(error), is_problem=True)
            return
        self.query_one("#field-name", Input).value = ""
        self._explain()
        state = "is queued" if is_queued else "is starting"
        message = f"{name} {state}; quitting the app does not stop it"
        if self.is_active:
            self.state.chosen_name = name
            self.open_screen(HOME, toast=message)
        else:  # meanwhile, the user has opened another screen: stay there
            self.toast(message)

    def empty_or_refill(self) -> None:
        """Empty all fields; if all are empty, restore the texts emptied last."""
        if self._empty_fields():
            self.toast("all fields are empty; press ^o to restore them")
        else:
            for field in self.query(SettingField):
                field.write(self._emptied.get(field.kind.name, ""))

    def _empty_fields(self) -> bool:
        """Empty all fields and keep their texts; return False if they were empty before."""
        fields = [field for field in self.query(SettingField) if field.input.value]
        if fields:
            self._emptied = {field.kind.name: field.input.value for field in fields}
        for field in fields:
            field.input.value = ""
        return bool(fields)

    def go_to_group(self, by: int) -> None:
        """Focus the first field of another group; by: 1 for the next group, -1 for the previous."""
        firsts = [names[0] for names in groups().values()]
        place = next(
            i
            for i, names in enumerate(groups().values())
            if self.field is None or self.field.kind.name in names
        )
        self.query_one(f"#field-{firsts[(place + by) % len(firsts)]}", Input).focus()


SCREEN = Declaration(
    NewRunScreen,
    key="n",
    go="n",
    title="New run",
    short="New",
    help="Start a run: every setting with its help, and the cost of the run",
)
