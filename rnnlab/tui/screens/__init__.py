"""The screens of the app, one file each; the shell finds a new file by itself.

A file declares its screen in its last statement, `SCREEN = Declaration(TheScreen, key=..., ...)`.
A file whose name starts with an underscore is machinery: dialogs, tables, the base class.
"""
