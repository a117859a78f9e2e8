"""Rewrites finished proofs in the form in which people write them."""
