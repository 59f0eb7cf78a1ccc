"""Answers of the generator process: one file per kind of question, with a function `answer`.

`answer(question, context)` sends replies through `context.send` until the answer is complete or
cancelled.
"""
