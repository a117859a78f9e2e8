"""The composition root: arguments, environment, printing, wiring."""
