"""Lean repositories on disk: layout, building, patches."""
