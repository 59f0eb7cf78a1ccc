"""Known corpora of others, one a file: where they are, by what they are told, how they are read."""
