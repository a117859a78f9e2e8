"""Kinds of tactics: what tactics have in common that differ in names and lemmas only."""


def kind_of(tactic: str) -> str:
    """Returns the kind of a tactic: its first word, whether it is given lemmas, and the last word of a `<;>` chain."""
    first, *more = tactic.split(" <;> ")
    words = [part.split(maxsplit=1)[0] for part in (first, *more[-1:]) if part.strip()]
    return " <;> ".join(words) + (" […]" if "[" in tactic else "")
