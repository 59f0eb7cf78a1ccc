"""The charts: one pane per plot, the grid, and the actions on them."""
