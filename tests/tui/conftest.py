"""Runs on disk without workers, and a generator that says what a test tells it to."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import pytest
from textual import events
from textual.message import Message
from textual.notifications import Notify
from textual.pilot import Pilot

from rnnlab.config import RunConfig
from rnnlab.decoding import TracedRow, TracedStep
from rnnlab.preferences import Preferences
from rnnlab.runs.journal import Journal
from rnnlab.runs.lock import take_lock
from rnnlab.runs.paths import replace_text
from rnnlab.runs.prompts import (
    Answer,
    Begun,
    Ended,
    Grown,
    Look,
    Looked,
    Question,
    Ready,
    Reply,
    Request,
    Traced,
)
from rnnlab.runs.records import (
    ACTIVE_STATES,
    EvalRecord,
    EventRecord,
    State,
    Status,
    TrainRecord,
    encode_status,
)
from rnnlab.runs.store import Run, RunStore
from rnnlab.tui import asking_app
from rnnlab.tui.app import LabApp
from rnnlab.tui.messages import GeneratorSaid, Listener
from rnnlab.tui.screens.lab import LabScreen


@dataclass
class Lab:
    """A folder of runs that a test fills."""

    store: RunStore
    locks: list[int] = field(default_factory=list)

    def add(
        self,
        name: str,
        state: State = "finished",
        steps: int = 40,
        task: str = "stream",
        **status: object,
    ) -> Run:
        """Make a run; an active one is locked by this process, as by its worker."""
        settings = RunConfig.from_values({"corpus": "stump", "task": task})
        run = self.store.create(name, settings.to_toml())
        if state in ACTIVE_STATES:
            lock = take_lock(run.paths.lock)
            assert lock is not None
            self.locks.append(lock)
        self.say(run, state=state, step=steps, created=float(len(list(self.store))), **status)
        self.write(run, range(1, steps + 1))
        return run

    def say(self, run: Run, **status: object) -> None:
        """Write a run's status as its worker would."""
        said = Status(pid=os.getpid(), host=socket.gethostname(), parameters=1234, **status)  # type: ignore[arg-type]
        replace_text(run.paths.status, encode_status(said))

    def write(self, run: Run, steps: range) -> None:
        """Write journal records."""
        with Journal(run.paths.journal) as journal:
            for step in steps:
                loss = 4.0 - 0.05 * step
                journal.append(
                    TrainRecord(step, step / 10, step / 5, loss, 0.5, 0.9, 0.1, 0, 0.002, 1000.0)
                )
            journal.append(EvalRecord(steps[-1], 1.0, 9.0, 2.5, True))
            journal.append(EventRecord(steps[-1], "finished"))


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(RunStore(tmp_path / "checkpoints"))


@dataclass
class Clock:
    """A clock that stands until a test moves it."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


class FakeGenerator:
    """Notes the requests; a test answers them."""

    latest_made: FakeGenerator

    def __init__(self, post: Callable[[Message], object]) -> None:
        self._post = post
        self.questions: list[Question] = []
        self._listeners: dict[int, Listener] = {}
        self.num_cancelled = 0
        FakeGenerator.latest_made = self

    @property
    def latest(self) -> int:
        return len(self.questions)

    @property
    def requests(self) -> list[Request]:
        """The questions for continuations."""
        return [question for question in self.questions if isinstance(question, Request)]

    async def start(self) -> None:
        self.say(Ready())

    async def ask(self, listener: Listener, question: Question) -> None:
        self.questions.append(replace(question, ask=self.latest + 1))
        self._listeners[self.latest] = listener

    def listener(self, reply: Reply) -> Listener | None:
        return None if isinstance(reply, Ready) else self._listeners.get(reply.ask)

    async def cancel(self, listener: Listener) -> None:
        self.num_cancelled += 1

    async def close(self) -> None:
        pass

    def say(self, reply: Reply) -> None:
        self._post(GeneratorSaid(reply))

    def answer(self, *texts: str, decoder: int = 0) -> None:
        """Answer the newest request with these continuations of one decoder."""
        request = self.requests[-1]
        spec = (request.decoders or ["classify"])[decoder]
        answers = [
            Answer(
                spec, ["greedy"], rank, request.prompt + text, text, False,
                -float(rank), -float(rank), list(text), [-float(rank) / len(text)] * len(text),
            )
            for rank, text in enumerate(texts, 1)
        ]  # fmt: skip
        self.say(Begun(self.latest, 40))
        self.say(Grown(self.latest, decoder, answers, is_last=True))
        self.say(Ended(self.latest, was_cancelled=False, elapsed_s=0.1))

    def trace(self, *steps: TracedStep, decoder: int = 0) -> None:
        """Tell steps of the newest request's search."""
        self.say(Traced(self.latest, decoder, [asdict(step) for step in steps]))

    def look(self, *rows: TracedRow, chain: tuple[str, ...] = ("greedy",)) -> None:
        """Answer the newest look: a row for each place, the prompt read letter by letter."""
        look = self.questions[-1]
        assert isinstance(look, Look)
        self.say(Begun(self.latest, 40))
        tokens = [*look.prompt, *look.tokens]
        found = [asdict(row) for row in rows]
        self.say(Looked(self.latest, 40, tokens, len(look.prompt), 0, found, list(chain)))
        self.say(Ended(self.latest, was_cancelled=False, elapsed_s=0.1))


@pytest.fixture
def app(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> LabApp:
    """An app over the lab's runs, with a fake generator."""
    monkeypatch.setattr(asking_app, "Generator", FakeGenerator)
    return LabApp(lab.store)


@pytest.fixture
def generator(app: LabApp) -> FakeGenerator:
    return FakeGenerator.latest_made


def home(app: LabApp) -> LabScreen:
    """Return the home screen, which must be the one that is shown below any dialog."""
    assert isinstance(app.page, LabScreen)
    return app.page


_DEADLINE_S = 40


async def until(
    pilot: Pilot[None], condition: Callable[[], object], seconds: float = _DEADLINE_S
) -> None:
    """Wait until a condition holds, the runs read at once; fail by a deadline far away."""
    wait_s = 0.01
    async with asyncio.timeout(seconds):
        while not condition():
            if isinstance(pilot.app, LabApp):
                pilot.app.read_at_once()
            await asyncio.sleep(wait_s)
            wait_s = min(1.2 * wait_s, 0.1)
    await pilot.pause()


@pytest.fixture(autouse=True)
def no_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the form from measuring by itself: it would start a process that loads torch."""
    from rnnlab.tui.screens import new_run

    monkeypatch.setattr(new_run, "_ESTIMATE_AFTER_S", 3600.0)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what the lab says in passing, as it comes."""
    heard: list[str] = []

    def hear(_app: LabApp, event: Notify) -> None:
        heard.append(event.notification.message)

    monkeypatch.setattr(LabApp, "on_notify", hear)
    return heard


def burst(app: LabApp, *keys: str) -> None:
    """Press keys without a pause, as they come over a slow line: in one piece."""
    for key in keys:
        app.post_message(events.Key(key, key if len(key) == 1 else None))


def painted(app: LabApp, part: str) -> str:
    """Return a part of the screen as it is painted, its lines as one."""
    region = app.screen.query_one(f"#{part}").region
    strips = app.screen._compositor.render_strips()[region.y : region.bottom]
    text = " ".join(strip.crop(region.x, region.right).text for strip in strips)
    return " ".join(text.split())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def open_fixed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> Callable[[Preferences], LabApp]:
    """Return a maker of labs in which nothing is left to chance; see `fixed.py`."""
    from textual.widgets import Input

    from rnnlab.tui import feed as feed_module
    from rnnlab.tui.machine import Machine
    from rnnlab.tui.screens import corpora, system
    from tests.tui import fixed
    from tests.tui.answering import AnsweringGenerator

    for name in ("NO_COLOR", "COLORFGBG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", "config")
    monkeypatch.chdir(tmp_path)  # what is shown of paths is relative to it
    monkeypatch.setattr(asking_app, "Generator", AnsweringGenerator)
    monkeypatch.setattr(feed_module, "Feed", fixed.CountedFeed)
    monkeypatch.setattr(Machine, "read", lambda _self, _processes: fixed.MACHINE)
    monkeypatch.setattr(system, "_generators", list)
    monkeypatch.setattr(corpora, "_describe", lambda _data: list(fixed.CORPORA))
    monkeypatch.setattr(corpora, "_look", fixed.look)
    monkeypatch.setattr(Input, "cursor_blink", False)
    store = RunStore(Path("checkpoints"))
    fixed.fill(Lab(store))

    def make(preferences: Preferences) -> LabApp:
        return LabApp(store, Path("data"), preferences=preferences, clock=clock)

    return make


@pytest.fixture
def opened(open_fixed: Callable[[Preferences], LabApp]) -> LabApp:
    """A lab in which nothing is left to chance, in the dark theme."""
    return open_fixed(Preferences(theme="dark", glyphs="braille", colors="truecolor"))
