"""The screens of the app, one file each; the screen registry finds new files.

A file declares its screen in its last statement, `SCREEN = Declaration(TheScreen, key=..., ...)`.
Files whose names start with an underscore are not screens.
"""
