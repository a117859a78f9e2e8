"""The only place that talks to Lean."""
