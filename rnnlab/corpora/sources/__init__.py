"""Downloadable corpora, one per file: address, hash, and how to read the file."""
