"""What the tests of training share: sessions on a tiny text, steered by a script."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import cast

import pytest
import torch
from torch import Tensor

from rnnlab import registry
from rnnlab.config import RunConfig
from rnnlab.corpora import Dataset
from rnnlab.corpora._documents import Documents
from rnnlab.corpora._prepare import Task
from rnnlab.runs.mailbox import Command
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.records import Record
from rnnlab.training import Session, _session
from rnnlab.training._mirror import Mirror

# A second thread is no gain for toy tensors, and on a busy machine its barriers cost milliseconds.
torch.set_num_threads(1)

Script = dict[int, list[Command]]


class NoMirror:
    """Stands in for the TensorBoard mirror, which has tests of its own and takes its time."""

    def __init__(self, *_: object) -> None: ...

    def add(self, *_: object) -> None: ...

    def add_histograms(self, *_: object) -> None: ...

    def close(self) -> None: ...


@cache
def make_dataset(text: str, config: RunConfig) -> Dataset:
    task = cast("Task", registry.load("corpora/tasks", config.task))
    return task.build(make_documents(text) if config.task == "classify" else text, None, config)


def make_documents(text: str) -> Documents:
    """Return the sentences of a text, labelled by whether a king is in it."""
    sentences = [sentence.strip() for sentence in text.split(".") if sentence.strip()]
    labels = ["king" if "roi" in sentence else "none" for sentence in sentences]
    return Documents(tuple(sentences), tuple(labels), (), ("king", "none"))


def make_text() -> str:
    """About 900 letters in short sentences, easy to learn something from."""
    chance = random.Random(2)
    words = ["le", "roi", "mange", "un", "pain", "bon"]
    return " ".join(
        " ".join(chance.choice(words) for _ in range(chance.randint(2, 6))) + "." for _ in range(50)
    )


class ScriptedControl:
    """Gives the commands that a script names for a step, and keeps the weights of every step."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.session: Session | None = None
        self.num_waits = 0
        self.heard_records: list[Record] = []
        self.weights: dict[int, list[Tensor]] = {}
        """Weights, then the optimiser's state, after so many steps."""
        self.on_step: Callable[[int], None] = lambda _step: None

    def commands(self) -> list[Command]:
        assert self.session is not None
        step = self.session.state.step
        self.weights[step] = snapshot(self.session)
        self.on_step(step)
        return self.script.pop(step, [])

    def wait(self) -> None:
        """What is paused goes on at once, after whatever the script has for step -1."""
        assert self.session is not None
        self.num_waits += 1
        later = self.script.pop(-1, [Command("resume")])
        self.script[self.session.state.step] = later

    def heard(self, record: Record, session: Session) -> None:
        self.heard_records.append(record)


def snapshot(session: Session) -> list[Tensor]:
    optimizer = session.optimizer.state_dict()["state"]
    moments = [
        value for entries in optimizer.values() for value in entries.values() if value is not None
    ]
    return [torch.as_tensor(t).detach().clone() for t in [*session.model.parameters(), *moments]]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Session]]:
    """Return start(folder, script, text=..., mirror=..., **settings): a session, new or resumed."""
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)  # slow, and no power cut is tested
    made: list[Session] = []

    def make(
        name: str = "run",
        script: Script | None = None,
        *,
        text: str = "",
        mirror: bool = False,
        **settings: object,
    ) -> Session:
        monkeypatch.setattr(_session, "Mirror", Mirror if mirror else NoMirror)
        values = {
            "corpus": "none", "hidden": 8, "embedding": 6, "batch": 4, "length": 10, "lr": 0.02,
            "log_every": 5, "eval_every": 8, "checkpoint_every": 6, "engine": "auto",
            "sample_length": 0,
        }  # fmt: skip
        if not {"steps", "epochs", "minutes"} & set(settings):
            values["steps"] = 24
        config = RunConfig.from_values({**values, **settings})
        dataset = make_dataset(text or make_text(), config)
        paths = RunPaths(tmp_path / name)
        paths.root.mkdir(exist_ok=True)
        control = ScriptedControl(dict(script or {}))
        session = Session(paths, config, dataset, control)
        control.session = session
        made.append(session)
        return session

    yield make
    for session in made:
        session.close()
