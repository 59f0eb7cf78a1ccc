"""The fingerprint of a corpus, which changes with every character."""

from __future__ import annotations

import hashlib


def fingerprint(*texts: str) -> str:
    """Return the SHA-256 of a text, or of several texts and their lengths, in hexadecimal."""
    digest = hashlib.sha256()
    for text in texts:
        encoded = text.encode("utf-8", "surrogatepass")
        if len(texts) > 1:
            digest.update(f"{len(encoded)}\n".encode())
        digest.update(encoded)
    return digest.hexdigest()
