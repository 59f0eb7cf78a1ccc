"""Prompting: the session, its fields and boards, and the client of the generator process."""
