"""Actions of the corpora screen, and its forms."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rnnlab.base.display import count
from rnnlab.base.errors import BadInputError
from rnnlab.base.locations import data_folder
from rnnlab.tui.corpora.screen import CorporaListScreen
from rnnlab.tui.shell.actions import Action, Group
from rnnlab.tui.shell.dialogs.form import Answers, Blank, FormScreen, Problem

if TYPE_CHECKING:
    from rnnlab.corpora import Errors, Progress

_Checks = dict[str, Callable[[str], object]]
"""Name of a field -> function that raises BadInputError if the field's text is invalid."""
_ADDING = (
    Blank("name", "Name", "letters, digits, . _ -"),
    Blank("file", "File or folder", "txt, csv, tsv or jsonl (also .gz); or a folder of texts"),
    Blank("encoding", "Encoding", "detected if empty"),
    Blank("errors", "Invalid bytes", "strict (an error), replace or skip", "strict"),
    Blank("label", "Label column", "only for csv, tsv, jsonl", "label"),
    Blank("text", "Text column", "only for csv, tsv, jsonl", "text"),
)


async def _add(screen: CorporaListScreen) -> None:
    """Add a file as a corpus; after a failure, the form shows the previous answers."""
    previous = screen.failed_answers
    blanks = [Blank(b.name, b.label, b.help, previous.get(b.name, b.value)) for b in _ADDING]
    about = "Any text file, or documents with labels, can be a corpus."
    check = partial(problem_of_adding, data=screen.state.data)
    form = FormScreen("Add a corpus", about, blanks, "Add", check)
    answers = await screen.app.push_screen_wait(form)
    if answers is not None:
        screen.failed_answers = answers
        name = answers["name"]
        screen.begin_task(f"adding {name}", name, adding(answers, screen.state.data))


async def _fetch(screen: CorporaListScreen) -> None:
    chosen = screen.table.chosen
    if chosen is None or chosen.state != "fetch":
        screen.toast("this corpus needs no download; choose one marked ↓", "warning")
        return
    blanks = [Blank("file", "Local copy", "a file; empty: download it")]
    if chosen.task == "vectors":
        blanks += [Blank("width", "Dimension", "50, 100, 200 or 300", "100")]
    about = f"{count(chosen.size_bytes)} bytes, {chosen.licence}. A local copy saves the download."
    form = FormScreen(f"Fetch {chosen.name}", about, blanks, "Fetch", problem_of_fetching)
    answers = await screen.app.push_screen_wait(form)
    if answers is not None:
        name = chosen.name
        screen.begin_task(f"fetching {name}", name, fetching(name, answers, screen.state.data))


async def _refresh(screen: CorporaListScreen) -> None:
    screen.forget_profiles()
    await screen.refresh_list()


CORPORA = Group[CorporaListScreen](
    "Corpora",
    (
        Action("A", "add", _add, "Add", "Add a file or folder as a corpus", True, opens=True),
        Action(
            "F", "fetch", _fetch, "Fetch", "Fetch the chosen corpus, or import a local copy", True,
            opens=True,
        ),
        Action("R", "list", _refresh, "Refresh", "Read the list and the profiles again"),
    ),
)  # fmt: skip


def problem_of_adding(answers: Answers, data: Path | None) -> Problem | None:
    """Return the first problem found without reading the file; None if there is none."""
    from rnnlab.corpora import check_name, check_source, named_encoding

    checks: _Checks = {
        "name": lambda name: check_name(name, data_folder(data)),
        "file": lambda file: check_source(_path(file)),
        "encoding": lambda encoding: encoding and named_encoding(encoding),
        "errors": _treatment,
    }
    for blank in "name", "file":
        if not answers[blank]:
            return Problem(blank, f"{blank} is empty; enter a {blank}")
    return _first_problem(answers, checks)


def problem_of_fetching(answers: Answers) -> Problem | None:
    """Return the first problem found without downloading; None if there is none."""
    from rnnlab.corpora import check_source

    return _first_problem(
        answers, {"file": lambda file: file and check_source(_path(file)), "width": _width}
    )


def _first_problem(answers: Answers, checks: _Checks) -> Problem | None:
    for blank in (name for name in answers if name in checks):
        try:
            checks[blank](answers[blank])
        except BadInputError as error:
            # The form has no --replace: remove it from the hint.
            hint = error.hint.removesuffix(", or --replace")
            return Problem(blank, f"{error.what}; {hint}" if hint else error.what)
    return None


def _treatment(text: str) -> Errors:
    """Return the treatment of invalid bytes; raise BadInputError if there is no such treatment."""
    treatments: tuple[Errors, ...] = ("strict", "replace", "skip")
    for treatment in treatments:
        if text in (treatment, ""):
            return treatment
    raise BadInputError(
        f"{text!r} is not a treatment of invalid bytes", "enter strict, replace or skip"
    )


def _width(text: str) -> int:
    if not text.isdecimal():
        raise BadInputError(f"{text!r} is not a number", "enter 50, 100, 200 or 300")
    return int(text)


def adding(answers: Answers, data: Path | None) -> Callable[[Progress], str]:
    """Return a task that adds a corpus; the task returns one line about the corpus."""

    def add(progress: Progress) -> str:
        from rnnlab.corpora import AddOptions, Columns, add_corpus

        columns = Columns(answers["label"] or "label", answers["text"] or "text")
        errors = _treatment(answers["errors"])
        options = AddOptions(answers["encoding"] or None, columns, errors=errors)
        _, notes = add_corpus(answers["name"], _path(answers["file"]), data, options, progress)
        return f"added {answers['name']} ({'; '.join(notes)})"

    return add


def fetching(name: str, answers: Answers, data: Path | None) -> Callable[[Progress], str]:
    """Return a task that fetches a corpus; the task returns one line that names the file."""

    def fetch(progress: Progress) -> str:
        from rnnlab.corpora import Request, fetch_corpus, wanted_words

        request = Request()
        if width := answers.get("width"):
            request = Request(_width(width), wanted_words(data)[0])
        source = _path(answers["file"]) if answers["file"] else None
        fetched = fetch_corpus(name, data, source, request, progress)
        return f"fetched {name} ({fetched.file})"

    return fetch


def _path(text: str) -> Path:
    """Return the path with `~` expanded; raise BadInputError if there is no home folder."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise BadInputError(f"no home folder for {text!r}", "enter the full path") from None
