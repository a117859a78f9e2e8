"""Tactics remembered from proofs of goals like the present one."""
