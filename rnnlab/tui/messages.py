"""Every message of the app; widgets take data and emit these, the app routes them."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from rnnlab.runs.prompts import Reply


class RunChosen(Message):
    """The cursor is on another run, or other runs are marked: the desk knows which."""


@dataclass
class PromptSent(Message):
    """The user asks for continuations."""

    prompt: str
    decoders: list[str]
    length: int
    seed: int
    unknown: str
    """What is done with letters that the model never saw."""


@dataclass
class ScreenAsked(Message):
    """Another screen is to be shown."""

    name: str
    """Name of its file."""


@dataclass
class RunStarted(Message):
    """A form has started a run: the cursor is to go there."""

    name: str


class PromptCancelled(Message):
    """The user has seen enough of the continuations that grow."""


@dataclass
class GeneratorSaid(Message):
    """The generator process has replied."""

    reply: Reply


@dataclass
class GeneratorDied(Message):
    """The generator process has ended by itself."""

    reason: str
