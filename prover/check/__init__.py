"""The gate: what makes a proof count."""
