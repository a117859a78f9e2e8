"""Tactics of Mathlib, for files whose environment has them."""
