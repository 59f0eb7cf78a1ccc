"""The run directory: the interface between workers, the app, the command line and user scripts.

Standard library only. A run directory holds only data, and nothing in it is ever executed.
"""
