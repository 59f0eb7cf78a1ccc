"""What is done to a distribution before a search sees it: one file a filter.

`apply(log_probs_RV, value, rows)` returns new log-probs, renormalised; the rows tell what was read
and written, for those that look at more than the distribution.
"""
