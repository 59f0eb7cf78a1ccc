"""100 MB of Wikipedia in the letters a to z and spaces (Mahoney 2006)."""

from __future__ import annotations

from rnnlab.corpora._archives import zipped_text
from rnnlab.corpora._source import Form, Source

SOURCE = Source(
    url="https://mattmahoney.net/dc/text8.zip",
    size_bytes=31_344_016,
    licence="CC BY-SA",
    forms=(
        Form(
            (".zip",),
            zipped_text("text8.txt", "text8"),
            "a6640522afe85d1963ad56c05b0ede0a0c000dddc9671758a6cc09b7a38e5232",
        ),
    ),
)
