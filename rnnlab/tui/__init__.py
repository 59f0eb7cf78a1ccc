"""The lab: a Textual app that reads run directories and communicates with a generator process.

It never runs models and never imports torch.
"""
