"""The pane in which a document is classified while it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Static

from rnnlab.protocol.messages import Classified, Started
from rnnlab.runs.store import RunStore
from rnnlab.runs.summary import summarise
from rnnlab.tui.messages import AskCancelled, Asked
from rnnlab.tui.prompting.document_pane import DocumentPane
from rnnlab.tui.state.prompt_session import PromptSession
from tests.toys.app_lab import Lab, until
from tests.toys.host import shown

if TYPE_CHECKING:
    from pathlib import Path


def classes(pane: DocumentPane) -> str:
    return str(pane.classes_pane.query_one(Static).render())


async def test_ctrl_u_empties_the_document_and_an_empty_document_has_no_classes(
    tmp_path: Path,
) -> None:
    session = PromptSession()
    pane = DocumentPane(session)
    async with shown(pane) as (host, pilot):
        pane.choose(summarise(Lab(RunStore(tmp_path)).add("alpha", task="classify")))
        pane.text.set_text("typed before")
        await until(pilot, lambda: classes(pane).startswith("The text will be classified once"))
        session.is_ready = True
        await pane.on_reply(Started(1, 40))
        assert classes(pane) == "The text is being classified…"
        pane.text.focus()
        await pilot.press("a", "enter", "b")
        await until(pilot, lambda: any(isinstance(one, Asked) for one in host.messages))
        replies = Started(1, 40), Classified(1, {"good": 0.9, "bad": 0.1})
        for reply in replies:
            await pane.on_reply(reply)
        assert classes(pane).startswith("good  90.0%")
        await pilot.press("ctrl+u")
        await until(pilot, lambda: isinstance(host.messages[-1], AskCancelled))
        assert pane.text.text == ""
        for reply in replies:  # sent before the text was deleted
            await pane.on_reply(reply)
        assert classes(pane) == "There is no text: type a document to see its classes."
