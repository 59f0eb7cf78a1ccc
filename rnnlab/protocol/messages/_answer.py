"""A continuation of a prompt, and the words for its end."""

from __future__ import annotations

from dataclasses import dataclass

EOS = "<eos>"
"""Token of an answer that marks the end of a sentence."""
END_MARK = "∎"
"""The end of a sentence in a text that is shown."""

CLASSIFY = "classify"
"""Decoder of an answer whose tokens are the classes of a document."""


@dataclass(frozen=True)
class Answer:
    """One continuation of a prompt."""

    decoder: str
    """Decoder spec, as the user typed it."""
    chain: list[str]
    """The filters and the search that were applied, in order."""
    rank: int
    """Rank among the answers of the same decoder; 1 for the best."""
    text: str
    """Prompt and continuation."""
    continuation: str
    finished: bool
    """True if the model ended the sentence."""
    logprob: float
    """The model's log-prob of the continuation in nats; includes EOS if `finished`."""
    score: float
    """The value by which the search ranks its hypotheses."""
    tokens: list[str]
    token_logprobs: list[float]
    """The model's log-prob of each token in nats, before the filters."""
    prompt: str = ""
    """The prompt after normalisation and replacement of unknown characters."""
    prompt_number: int = 0
    """Index of the prompt in the request."""
    end: str | None = None
    """Why the text ended: `eos` (finished), `stop` (a stop string), `length`, `time`, or `stuck`
    (the filters left no token); None while the text grows."""
    parts_at: int | None = None
    """Index of the first token that differs from the decoder's best answer; None for the best."""
    prompt_note: str = ""
    """One line that names the prompt's replaced or dropped characters; empty if none."""
    note: str = ""
    """One line from the search about its answers, such as a proven bound; may be empty."""


END_WORDS = {
    "eos": "ended", "stop": "stop string", "length": "max length", "time": "out of time",
    "stuck": "no token left",
}  # fmt: skip
"""`Answer.end` -> words that are shown for it."""
