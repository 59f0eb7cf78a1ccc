"""What answers a question of the generator process: one file a kind, with `answer(question, desk)`.

It says replies through the desk until the question is answered or nobody wants to know any more.
"""
