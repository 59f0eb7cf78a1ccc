"""What can be done on the screen of corpora, and what its forms ask."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rnnlab.base.display import count
from rnnlab.base.errors import BadInputError
from rnnlab.base.locations import data_folder
from rnnlab.tui.shell.actions import Action, Group
from rnnlab.tui.shell.dialogs.form import Answers, Blank, FormScreen, Problem

if TYPE_CHECKING:
    from rnnlab.corpora import Progress
    from rnnlab.tui.screens.corpora import CorporaScreen

_Checks = dict[str, Callable[[str], object]]
"""What raises BadInputError for a blank, by the blank's name."""
_ADDING = (
    Blank("name", "Name", "letters, digits, . _ -"),
    Blank("file", "File or folder", "txt, csv, tsv, jsonl, also .gz; a folder of texts"),
    Blank("encoding", "Encoding", "found out, unless you say it"),
    Blank("label", "Label column", "of a table", "label"),
    Blank("text", "Text column", "of a table", "text"),
)


async def _add(screen: CorporaScreen) -> None:
    """Take in a file; what was written for one that failed stands in the form again."""
    kept = screen.failed_answers
    blanks = [Blank(b.name, b.label, b.help, kept.get(b.name, b.value)) for b in _ADDING]
    about = "Any text, or documents with labels, becomes a corpus."
    check = partial(problem_of_adding, data=screen.state.data)
    form = FormScreen("Add a corpus", about, blanks, "Add", check)
    answers = await screen.app.push_screen_wait(form)
    if answers is not None:
        screen.failed_answers = answers
        name = answers["name"]
        screen.begin_errand(f"taking in {name}", name, adding(answers, screen.state.data))


async def _fetch(screen: CorporaScreen) -> None:
    chosen = screen.table.chosen
    if chosen is None or chosen.state != "fetch":
        screen.toast("this corpus is there; choose one marked ↓", "warning")
        return
    blanks = [Blank("file", "From file", "empty: from the network")]
    if chosen.task == "vectors":
        blanks += [Blank("width", "Numbers", "50, 100, 200, 300", "100")]
    about = f"{count(chosen.size_bytes)} bytes, {chosen.licence}. A file got elsewhere will do."
    form = FormScreen(f"Fetch {chosen.name}", about, blanks, "Fetch", problem_of_fetching)
    answers = await screen.app.push_screen_wait(form)
    if answers is not None:
        name = chosen.name
        screen.begin_errand(f"fetching {name}", name, fetching(name, answers, screen.state.data))


async def _read_again(screen: CorporaScreen) -> None:
    screen.forget_looks()
    await screen.list_again()


CORPORA = Group["CorporaScreen"](
    "Corpora",
    (
        Action("a", "add", _add, "Add", "Take in a file or folder of yours", True, opens=True),
        Action(
            "g", "fetch", _fetch, "Get", "Fetch the chosen corpus, or read it from a file", True,
            opens=True,
        ),
        Action("r", "list", _read_again, "Read again", "Read the list again, and look again"),
    ),
)  # fmt: skip


def problem_of_adding(answers: Answers, data: Path | None) -> Problem | None:
    """Return what can be told to be wrong before a file is read."""
    from rnnlab.corpora import check_name, check_source, named_encoding

    checks: _Checks = {
        "name": lambda name: check_name(name, data_folder(data)),
        "file": lambda file: check_source(_path(file)),
        "encoding": lambda encoding: encoding and named_encoding(encoding),
    }
    for blank in "name", "file":
        if not answers[blank]:
            return Problem(blank, f"{blank}: nothing is written yet")
    return _first_problem(answers, checks)


def problem_of_fetching(answers: Answers) -> Problem | None:
    """Return what can be told to be wrong before anything is fetched."""
    from rnnlab.corpora import check_source

    return _first_problem(
        answers, {"file": lambda file: file and check_source(_path(file)), "width": _width}
    )


def _first_problem(answers: Answers, checks: _Checks) -> Problem | None:
    for blank in (name for name in answers if name in checks):
        try:
            checks[blank](answers[blank])
        except BadInputError as error:
            # A form has no such option as the command line.
            hint = error.hint.removesuffix(", or --replace")
            return Problem(blank, f"{error.what}; {hint}" if hint else error.what)
    return None


def _width(written: str) -> int:
    if not written.isdecimal():
        raise BadInputError(f"{written!r} is no number", "write 50, 100, 200 or 300")
    return int(written)


def adding(answers: Answers, data: Path | None) -> Callable[[Progress], str]:
    """Return what takes a file in and says what it found."""

    def add(progress: Progress) -> str:
        from rnnlab.corpora import AddOptions, Columns, add_corpus

        columns = Columns(answers["label"] or "label", answers["text"] or "text")
        wish = AddOptions(answers["encoding"] or None, columns)
        _, notes = add_corpus(answers["name"], _path(answers["file"]), data, wish, progress)
        return f"{answers['name']} is there ({'; '.join(notes)})"

    return add


def fetching(name: str, answers: Answers, data: Path | None) -> Callable[[Progress], str]:
    """Return what fetches a corpus and says where it lies."""

    def fetch(progress: Progress) -> str:
        from rnnlab.corpora import Request, fetch_corpus, wanted_words

        request = Request()
        if width := answers.get("width"):
            request = Request(_width(width), wanted_words(data)[0])
        given = _path(answers["file"]) if answers["file"] else None
        fetched = fetch_corpus(name, data, given, request, progress)
        return f"{name} is there ({fetched.file})"

    return fetch


def _path(written: str) -> Path:
    """Return the path that was written; raises BadInputError for a `~name` that nobody has."""
    try:
        return Path(written).expanduser()
    except RuntimeError:
        raise BadInputError(f"no home folder for {written!r}", "write the whole path") from None
