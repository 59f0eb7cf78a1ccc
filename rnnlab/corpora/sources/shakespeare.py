"""Tiny Shakespeare: a million characters of the plays, the text of char-rnn (Karpathy 2015)."""

from __future__ import annotations

from rnnlab.corpora._archives import plain_text
from rnnlab.corpora._source import Form, Source

SOURCE = Source(
    url=(
        "https://raw.githubusercontent.com/karpathy/char-rnn/"
        "6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e/data/tinyshakespeare/input.txt"
    ),
    size_bytes=1_115_394,
    licence="public domain",
    forms=(
        Form(
            (".txt",),
            plain_text("shakespeare.txt"),
            "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        ),
    ),
)
