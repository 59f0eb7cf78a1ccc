"""The run directory: the interface between workers, the app, the command line and user scripts.

Imports only the standard library. A run directory holds only data: nothing in it is ever executed.
"""
