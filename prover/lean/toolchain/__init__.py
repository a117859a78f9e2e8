"""Finds, chooses, installs and describes Lean toolchains."""
