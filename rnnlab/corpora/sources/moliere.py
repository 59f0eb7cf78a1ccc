"""Molière's plays in French, the text of the course CoursDeepLearning.

The course is by Simon Thomine; the text is that of the commit with the course's published results.
"""

from __future__ import annotations

from rnnlab.corpora._archives import plain_text
from rnnlab.corpora._source import Form, Source

SOURCE = Source(
    url=(
        "https://raw.githubusercontent.com/SimonThomine/CoursDeepLearning/"
        "aa8ec3d5d44a157884f08c544c3f760d73d5eff0/fr/05_NLP/moliere.txt"
    ),
    size_bytes=1_723_219,
    licence="public domain",
    forms=(
        Form(
            (".txt",),
            plain_text("moliere.txt"),
            "9589b888061b947f572349272728147e6de1c34887a1298c92563e7cb1f10d28",
        ),
    ),
)
