"""Tactics and proofs from language models: prompts, models that run here, models behind a server."""
