"""The run directory: the contract between workers, the app, the command line and anyone's scripts.

Standard library only. What a run directory holds is data: nothing in it is ever executed.
"""
