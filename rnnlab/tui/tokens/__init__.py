"""The token view: a text token by token, with the distribution at each place."""
