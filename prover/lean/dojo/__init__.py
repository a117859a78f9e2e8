"""LeanDojo as a backend: its messages, the process in which it runs, and a session over it."""
