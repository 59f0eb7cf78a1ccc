"""Fixtures of the training tests: one thread, and sessions on a tiny text."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rnnlab.runs.paths import RunPaths
from rnnlab.settings.run_config import RunConfig
from rnnlab.training import Session
from tests.toys.sessions import NoMirror, Script, ScriptedControl, make_dataset, make_text


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Session]]:
    """Return start(folder, script, **settings): a session, new or resumed, on one thread.

    Further keyword arguments: text, the corpus; mirror, whether to write for TensorBoard; seams,
    the session's own keyword arguments, such as its clock.
    """
    # fsync is slow, and no test simulates a power failure
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)
    made: list[Session] = []

    def make(
        name: str = "run",
        script: Script | None = None,
        *,
        text: str = "",
        mirror: bool = False,
        seams: dict[str, Any] | None = None,
        **settings: object,
    ) -> Session:
        values = {
            "corpus": "none", "hidden": 8, "embedding": 6, "batch": 4, "length": 10, "lr": 0.02,
            "log_every": 5, "eval_every": 8, "checkpoint_every": 6, "engine": "auto",
            "sample_length": 0, "threads": 1,
        }  # fmt: skip
        if not {"steps", "epochs", "minutes"} & set(settings):
            values["steps"] = 24
        config = RunConfig.from_values({**values, **settings})
        dataset = make_dataset(text or make_text(), config)
        paths = RunPaths(tmp_path / name)
        paths.root.mkdir(exist_ok=True)
        control = ScriptedControl(dict(script or {}))
        chosen = {**({} if mirror else {"make_mirror": NoMirror}), **(seams or {})}
        session = Session(paths, config, dataset, control, **chosen)
        control.session = session
        made.append(session)
        return session

    yield make
    for session in made:
        session.close()
