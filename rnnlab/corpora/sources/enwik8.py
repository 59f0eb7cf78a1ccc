"""The first 100 MB of Wikipedia, with markup (Hutter prize; Mahoney 2006)."""

from __future__ import annotations

from rnnlab.corpora._archives import plain_text, zipped_text
from rnnlab.corpora._source import Form, Source

SOURCE = Source(
    url="https://mattmahoney.net/dc/enwik8.zip",
    size_bytes=36_445_475,
    licence="CC BY-SA",
    forms=(
        Form(
            (".zip",),
            zipped_text("enwik8.txt", "enwik8"),
            "547994d9980ebed1288380d652999f38a14fe291a6247c157c3d33d4932534bc",
        ),
        Form(
            ("enwik8", ".txt"),
            plain_text("enwik8.txt"),
            "2b49720ec4d78c3c9fabaee6e4179a5e997302b3a70029f30f2d582218c024a8",
        ),
    ),
)
