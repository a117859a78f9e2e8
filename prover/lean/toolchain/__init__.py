"""Lean toolchains: found, installed, mended and described."""
