"""Training what proposes tactics: examples from the database, presets, the training itself, evaluation."""
