"""The beam board: the candidates of a search, its tree, the pruned hypotheses."""
