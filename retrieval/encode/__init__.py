"""Encoders: from premises and goals to vectors whose inner product says how alike they are."""
