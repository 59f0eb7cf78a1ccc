"""Answers of the generator process: one file per kind, with `answer(question, context)`.

An answer sends its replies through `context.send` until it is complete or cancelled.
"""
