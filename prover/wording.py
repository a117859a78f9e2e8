"""The wording of messages that several use cases and commands share."""


def counted(number: int, noun: str) -> str:
    """Returns a number with its noun, whose plural ends in s or, after an s and a y, in es and ies."""
    if number == 1:
        return f"1 {noun}"
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{number} {plural}"
