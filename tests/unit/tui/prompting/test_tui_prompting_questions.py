"""The routing of questions: a question that fails ends the listener's previous one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rnnlab.protocol.messages import Distributions, Ended, Failed, Started
from rnnlab.runs.store import RunStore
from rnnlab.settings.run_config import RunConfig
from rnnlab.tui.messages import Asked
from rnnlab.tui.outside.polling import RunPoller
from rnnlab.tui.prompting.questions import Questions
from rnnlab.tui.state.lab_state import LabState
from rnnlab.tui.state.prompt_session import PromptSession
from tests.toys.fake_generator import FakeGenerator

if TYPE_CHECKING:
    from rnnlab.protocol.messages import Question, Reply, RunPath


class Heard:
    """A listener that records the replies."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []

    async def on_reply(self, reply: Reply) -> None:
        self.replies.append(reply)


def ask_the_first_token(path: RunPath) -> Question:
    return Distributions(0, path, "a", [])


async def test_a_question_about_a_missing_run_ends_the_previous_question(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    store.create("alpha", RunConfig(corpus="x").to_toml())
    state = LabState(store)
    state.update(RunPoller(store).read([]))
    questions = Questions(FakeGenerator(lambda _message: None), state)
    heard = Heard()
    await questions.ask(Asked(heard, "alpha", ask_the_first_token))
    await questions.ask(Asked(heard, "gone", ask_the_first_token))
    failed, ended = heard.replies
    assert isinstance(failed, Failed)
    assert isinstance(ended, Ended)
    for late in (Started(1, 40), Ended(1, was_cancelled=False, elapsed_s=0.5)):
        await questions.deliver(late, PromptSession())
    assert heard.replies == [failed, ended]
