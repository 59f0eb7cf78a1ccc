"""Prompting: the form, the candidates and boards, the routes of questions and replies."""
