"""The list of corpora, their profiles, and the dialogs that add or fetch one."""
