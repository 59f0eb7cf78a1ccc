"""Actions that keep the folder of runs in order: name, note and tags, the bin, another run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rnnlab.base.display import escaped, unescaped, visible
from rnnlab.base.errors import BadInputError, RnnlabError
from rnnlab.runs.bin import Bin, new_stamp
from rnnlab.runs.exclusive import check_own
from rnnlab.runs.notes import (
    MOST_CHARACTERS,
    Notes,
    change_note,
    change_tags,
    parse_tags,
    read_notes,
)
from rnnlab.runs.origin import read_origin
from rnnlab.runs.rename import check_new_name, rename
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.tui.messages import RunChosen
from rnnlab.tui.runs.steering import counted, do_with_selected, problem_of
from rnnlab.tui.shell.actions import Action, Group
from rnnlab.tui.shell.dialogs.form import Answers, Blank, FormScreen, Problem

if TYPE_CHECKING:
    from rnnlab.tui.shell.screen import BaseScreen


async def delete(screen: BaseScreen) -> None:
    """Move the selected runs to the bin together, after a question that names them."""
    store, stamp = screen.state.store, new_stamp()

    def put(run: Run) -> str:
        Bin(store).put(run, stamp)
        return f"{run.name} is in the bin; u brings it back"

    await do_with_selected(
        screen, put, "Delete", "in the bin (u brings them back)", leaves_shipped=True
    )
    screen.post_message(RunChosen())


async def restore_last(screen: BaseScreen) -> None:
    """Bring back the runs that were moved to the bin last, also by an earlier lab."""
    folder = Bin(screen.state.store)
    try:
        restored = await asyncio.to_thread(
            lambda: [(entry.name, folder.restore(entry).name) for entry in folder.last()]
        )
    except (RnnlabError, OSError) as error:
        screen.toast(problem_of(error), "warning")
        return
    if not restored:
        screen.toast("the bin is empty", "warning")
        return
    screen.state.chosen_name = restored[0][1]
    screen.post_message(RunChosen())
    as_others = [f"{old} as {new}: its name is taken" for old, new in restored if old != new]
    back = f"{_named([new for _, new in restored])} {'is' if len(restored) == 1 else 'are'} back"
    screen.toast("; ".join([back, *as_others]))


async def edit(screen: BaseScreen, names: Sequence[str]) -> None:
    """Edit name, note and tags of a run; of several runs, add and remove tags."""
    if len(names) == 1:
        await _edit_one(screen, names[0])
    elif names:
        await _edit_tags(screen, names)


async def _edit_one(screen: BaseScreen, name: str) -> None:
    store = screen.state.store

    def read() -> tuple[Run, Notes]:
        run = store.open(name)
        check_own(run, "changed")
        return run, read_notes(run.paths)

    try:
        run, notes = await asyncio.to_thread(read)
    except RnnlabError as error:
        screen.toast(str(error), "warning")
        return
    blanks = [
        Blank("name", "Name", "letters, digits, . _ -", name),
        Blank("note", "Note", "any text; \\n begins a line", escaped(visible(notes.note))),
        Blank("tags", "Tags", "words, separated by blanks", visible(" ".join(notes.tags))),
    ]
    form = FormScreen(
        f"Edit {name}",
        "The filter (/) lists the runs with a tag or a word of the note.",
        blanks, "Save", lambda answers: problem_of_edit(answers, run, store),
    )  # fmt: skip
    answers = await screen.app.push_screen_wait(form)
    if answers is None:
        return

    def save() -> str:
        changed = rename(store, run, answers["name"])
        change_note(changed, unescaped(answers["note"]))
        tags = parse_tags(answers["tags"])
        change_tags(changed, tags, set(read_notes(changed.paths).tags) - set(tags))
        return changed.name

    try:
        new = await asyncio.to_thread(save)
    except (RnnlabError, OSError) as error:
        screen.toast(problem_of(error), "warning")
        return
    if screen.state.chosen_name == name:
        screen.state.chosen_name = new
    screen.post_message(RunChosen())
    screen.toast(f"{name} is now {new}" if new != name else f"{name} is saved")


def problem_of_edit(answers: Answers, run: Run, store: RunStore) -> Problem | None:
    """Return the first problem of the entries for a run; None if they can be saved."""
    new = answers["name"]
    if new != run.name:
        try:
            check_new_name(store, new)
        except BadInputError as error:
            return Problem("name", str(error))
        if run.is_alive():
            reason = f"{run.name} is {run.status().state}; stop it first (esc, then s)"
            return Problem("name", reason)
    if len(answers["note"]) > MOST_CHARACTERS:
        return Problem("note", f"the note is longer than {MOST_CHARACTERS} characters")
    return _problem_of_tags(answers, "tags")


async def _edit_tags(screen: BaseScreen, names: Sequence[str]) -> None:
    blanks = [
        Blank("add", "Add tags", "words, separated by blanks"),
        Blank("remove", "Remove tags", "words, separated by blanks"),
    ]

    def problem(answers: Answers) -> Problem | None:
        return _problem_of_tags(answers, "add") or _problem_of_tags(answers, "remove")

    form = FormScreen(f"Edit {len(names)} runs", ", ".join(names), blanks, "Save", problem)
    answers = await screen.app.push_screen_wait(form)
    if answers is None:
        return
    add, remove = parse_tags(answers["add"]), parse_tags(answers["remove"])
    done = await _do_with_each(screen, names, lambda run: change_tags(run, add, remove))
    if done:
        screen.toast(f"{_named(done)}: the tags are saved")


def _problem_of_tags(answers: Answers, blank: str) -> Problem | None:
    try:
        parse_tags(answers[blank])
    except BadInputError as error:
        return Problem(blank, str(error))
    return None


async def new_run_from(screen: BaseScreen, name: str, *, has_weights: bool = False) -> None:
    """Open the form of a new run with the settings of a run.

    has_weights: whether the new run begins with the best weights of the run.
    """

    def draft() -> dict[str, str]:
        from rnnlab.settings.command_line import as_text
        from rnnlab.submit import written_settings

        run = screen.state.store.open(name)
        recipe, settings = written_settings(run.settings(), read_origin(run.paths))
        texts = {setting: as_text(value) for setting, value in settings.items()}
        return {**texts, "recipe": recipe, **({"init_from": f"{name}@best"} if has_weights else {})}

    try:
        screen.state.draft_for_run = await asyncio.to_thread(draft)
    except RnnlabError as error:
        screen.toast(str(error), "warning")
        return
    what = "settings and best weights" if has_weights else "settings"
    screen.open_screen("new-run", toast=f"the {what} of {name}: change some, then start with ^r")


async def _do_with_each(
    screen: BaseScreen, names: Sequence[str], act: Callable[[Run], object]
) -> list[str]:
    """Call a function with each run, in a thread; show the first error as a toast.

    Return the names of the runs for which it succeeded.
    """

    def work() -> tuple[list[str], list[str]]:
        done, problems = [], []
        for name in names:
            try:
                act(screen.state.store.open(name))
                done.append(name)
            except (RnnlabError, OSError) as error:
                problems.append(problem_of(error))
        return done, problems

    done, problems = await asyncio.to_thread(work)
    if problems:
        others = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        screen.toast(problems[0] + others, "warning")
    screen.post_message(RunChosen())
    return done


def _named(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{len(names)} runs"


def _chosen(screen: BaseScreen) -> list[str]:
    return [screen.state.chosen.name] if screen.state.chosen is not None else []


def _has_chosen(screen: BaseScreen) -> bool:
    return bool(_chosen(screen))


async def _new_from(screen: BaseScreen) -> None:
    for name in _chosen(screen):
        await new_run_from(screen, name)


def _has_best(screen: BaseScreen) -> bool:
    return screen.state.chosen is not None and screen.state.chosen.best_step is not None


async def _new_from_best(screen: BaseScreen) -> None:
    for name in _chosen(screen):
        await new_run_from(screen, name, has_weights=True)


async def _edit(screen: BaseScreen) -> None:
    await edit(screen, [summary.name for summary in screen.targets()])


def _delete_label(screen: BaseScreen) -> str:
    return counted(screen, "Delete")


KEEPING = Group["BaseScreen"](
    "Keep runs in order",
    (
        Action(
            "N", "new-from", _new_from, "New from", "Open the new-run form with these settings",
            is_possible=_has_chosen, opens=True,
        ),
        Action(
            "ctrl+b", "from-best", _new_from_best, "From best",
            "Open the new-run form with these settings and the best weights",
            is_possible=_has_best, opens=True,
        ),
        Action(
            "E", "edit", _edit, "Edit", "Edit the name, the note and the tags of the run",
            is_possible=_has_chosen, opens=True,
        ),
        Action(
            "delete", "delete", delete, "Delete", "Move the run to the bin",
            is_possible=_has_chosen, label_now=_delete_label, opens=True,
        ),
        Action("u", "undo", restore_last, "Undo", "Bring back what was deleted last"),
    ),
)  # fmt: skip
