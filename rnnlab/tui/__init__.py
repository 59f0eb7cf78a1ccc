"""The lab: a Textual app that reads run directories and talks to a generator process.

It never computes and never imports torch.
"""
