"""The list of corpora, and the dialogs that add or fetch one."""
