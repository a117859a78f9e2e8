"""The search tree of an attempt, as a value and as a page."""
