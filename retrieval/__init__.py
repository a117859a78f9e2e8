"""Premises: what they are, where they are visible, how they are found. Imports nothing of `prover`."""
