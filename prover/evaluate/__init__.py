"""Benchmarks: loading them, running them, and saying what the figures are worth."""
