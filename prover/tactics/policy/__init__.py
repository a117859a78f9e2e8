"""The policy: which of all suggested tactics is likely to be part of a proof, learned from logs of searches."""
