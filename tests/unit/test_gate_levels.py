"""What the gate says without asking Lean: what changed, which commands there are, and how levels are reported."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.check.challenge import Challenge
from prover.check.gate import Accepted, Refused, Submission, byte_objection, judgement_of, same_commands
from prover.check.levels import LEVEL_NAMES, passed, refused, verified
from prover.check.proof_text import ProofText, submission_of, understood
from prover.errors import UsageError
from prover.lean.protocol import Declaration, FileCommand, Message, Place
from prover.lean.requests import JudgeReply, ProofReply
from prover.lean.session import Origin, SorryGoal, SourceText, State

TEXT = "theorem a : p := q\n\ntheorem t : p := by\n  sorry\n\ntheorem b : p := t\n"
START, STOP = TEXT.index("theorem t"), TEXT.index("\n\ntheorem b")


def submission(candidate: str, original: str = TEXT) -> Submission:
    sources = (SourceText(text, "A.lean", "A") for text in (original, candidate))
    return Submission(*sources, theorem="t", selection=START + 8, command=(START, STOP))


def commands(*places: tuple[int, int]) -> tuple[FileCommand, ...]:
    return tuple(FileCommand(start, stop) for start, stop in places)


ORIGINAL = commands((0, 18), (START, STOP), (STOP + 2, STOP + 20))


def test_a_candidate_that_changes_the_command_alone_is_looked_at() -> None:
    assert byte_objection(submission(TEXT.replace("sorry", "exact q"))) is None


@pytest.mark.parametrize(
    "candidate",
    [
        TEXT.replace("theorem a : p := q", "theorem a : p := r"),
        TEXT.replace("b : p := t", "b : p := a"),
        "-- x\n" + TEXT,
        TEXT + "\n",
        TEXT[:START],
        "",
    ],
)
def test_a_candidate_that_changes_anything_else_is_not(candidate: str) -> None:
    assert byte_objection(submission(candidate)) == "something outside the theorem's own command was changed"


def test_characters_that_turn_text_may_stay_but_not_come() -> None:
    assert "direction" in (byte_objection(submission(TEXT.replace("sorry", "q -- \u202e"))) or "")
    old = TEXT.replace("sorry", "sorry -- \u202e")
    stop = old.index("\n\ntheorem b")
    sources = (SourceText(text, "A.lean", "A") for text in (old, old.replace("sorry", "exact q")))
    assert byte_objection(Submission(*sources, theorem="t", selection=START + 8, command=(START, stop))) is None


def test_commands_after_the_theorem_move_with_it_and_are_otherwise_the_same() -> None:
    made = submission(TEXT.replace("sorry", "exact q"))
    grown = made.growth
    moved = commands((0, 18), (START, STOP + grown), (STOP + 2 + grown, STOP + 20 + grown))
    assert same_commands(ORIGINAL, moved, made)
    assert not same_commands(ORIGINAL, moved[:2], made)
    assert not same_commands(ORIGINAL, (*moved, FileCommand(200, 210)), made)
    assert not same_commands(ORIGINAL, (moved[0], moved[1], ORIGINAL[2]), made)
    assert not same_commands(ORIGINAL, (FileCommand(0, 17), *moved[1:]), made)


ERROR = Message("error", 4, 2, 4, 7, "unknown identifier\nmore", "A.lean:4:2: error: unknown identifier\n")


@pytest.mark.parametrize(
    ("reply", "level", "reason"),
    [
        (
            JudgeReply(messages=(ERROR,), commands=ORIGINAL, refused="x", level=1),
            1,
            "line 4, `sorry`: unknown identifier",
        ),
        (JudgeReply(refused="`#`-command", level=2), 2, "`#`-command"),
        (JudgeReply(commands=ORIGINAL[:2]), 2, "the commands of the file are no longer the same"),
        (JudgeReply(commands=ORIGINAL[:2], refused="axioms", level=3), 2, "the commands of the file"),
        (JudgeReply(commands=ORIGINAL, refused="it rests on `sorry`", level=3), 3, "it rests on `sorry`"),
    ],
)
def test_the_lowest_level_that_fails_is_the_one_that_is_named(reply: JudgeReply, level: int, reason: str) -> None:
    judgement = judgement_of(submission(TEXT), Challenge(None, ORIGINAL, ()), reply)  # type: ignore[arg-type]
    assert isinstance(judgement, Refused)
    assert judgement.level == level
    assert reason in judgement.reason


def test_further_axioms_are_named_with_the_standard_ones() -> None:
    reply = JudgeReply(commands=ORIGINAL, axioms=("propext",), further_axioms=("Game.move",), library=0)
    judgement = judgement_of(submission(TEXT), Challenge(None, ORIGINAL, ()), reply)  # type: ignore[arg-type]
    assert isinstance(judgement, Accepted)
    assert judgement.axioms == ("propext", "Game.move")
    assert "axioms: propext, Game.move" in verified(judgement.level, judgement.axioms, judgement.library)


def error(line: int, column: int, text: str = "no") -> Message:
    return Message("error", line, column, line, column + 1, text, f"A.lean:{line}:{column}: error: {text}")


BEFORE, AFTER = error(1, 3), error(6, 16, "don't know how to synthesize ?m.12")


@pytest.mark.parametrize(
    ("proof", "messages", "refused"),
    [
        ("exact q", (BEFORE, AFTER), None),
        ("exact q", (AFTER,), None),
        ("have := q\n  exact q", (BEFORE, error(7, 16, "don't know how to synthesize ?m.345")), None),
        ("have := q\n  exact q", (BEFORE, AFTER), "line 6"),
        ("exact q", (BEFORE, BEFORE), "line 1"),
        ("exact q", (error(1, 3, "another"), AFTER), "line 1, `theorem a : p := q`: another"),
        ("exact q", (BEFORE, AFTER, error(4, 2)), "line 4"),
        ("exact q", (BEFORE, AFTER, error(3, 0)), "line 3"),
    ],
    ids=["as before", "fewer", "moved", "not moved", "twice", "another", "in the proof", "in the statement"],
)
def test_errors_elsewhere_may_stay_but_not_come(proof: str, messages: tuple[Message, ...], refused: str | None) -> None:
    made = submission(TEXT.replace("sorry", proof))
    places = commands((0, 18), (START, STOP + made.growth), (STOP + 2 + made.growth, STOP + 20 + made.growth))
    challenge = Challenge(None, ORIGINAL, (BEFORE, AFTER))  # type: ignore[arg-type]
    judgement = judgement_of(made, challenge, JudgeReply(commands=places, messages=messages))
    if refused is None:
        assert isinstance(judgement, Accepted)
        number = f"{len(messages)} error{'s' if len(messages) > 1 else ''}"
        assert judgement.remarks == (f"the file has {number} elsewhere",)
    else:
        assert isinstance(judgement, Refused)
        assert (judgement.level, judgement.reason.startswith("the file does not compile with it")) == (1, True)
        assert refused in judgement.reason


def test_a_warning_at_the_proof_counts_only_where_warnings_are_errors() -> None:
    made = submission(TEXT.replace("sorry", "exact q"))
    strict = replace(made, original=replace(made.original, strict=True))
    places = commands((0, 18), (START, STOP + 2), (STOP + 4, STOP + 22))
    at_the_proof, above = (Message("warning", line, 2, line, 3, "unused", "") for line in (4, 3))
    for warning, accepted, remarks in ((at_the_proof, False, 0), (above, True, 1)):
        reply = JudgeReply(commands=places, messages=(warning,))
        challenge = Challenge(None, ORIGINAL, ())  # type: ignore[arg-type]
        assert judgement_of(made, challenge, reply) == Accepted((), 0, messages=(warning,))
        judgement = judgement_of(strict, challenge, reply)
        assert isinstance(judgement, Accepted) == accepted
        assert remarks == (len(judgement.remarks) if isinstance(judgement, Accepted) else 0)


@pytest.mark.parametrize(
    ("reply", "wrong"),
    [
        (JudgeReply(messages=(ERROR,), commands=ORIGINAL), False),
        (JudgeReply(refused="text stands after the proof", level=2, misplaced=True), False),
        (JudgeReply(commands=ORIGINAL[:2]), False),
        (JudgeReply(refused="its proof contains `unsafe`", level=2), True),
        (JudgeReply(commands=ORIGINAL, refused="it rests on `sorry`", level=3), True),
    ],
)
def test_a_searched_proof_is_wrong_only_if_the_proof_itself_is(reply: JudgeReply, wrong: bool) -> None:
    challenge = Challenge(None, ORIGINAL, ())  # type: ignore[arg-type]
    for searched in (True, False):
        judgement = judgement_of(replace(submission(TEXT), searched=searched), challenge, reply)
        assert isinstance(judgement, Refused)
        assert judgement.wrong == (wrong or not searched)


def test_a_proof_is_accepted_with_what_it_rests_on() -> None:
    reply = JudgeReply(commands=ORIGINAL, axioms=("propext",), library=3)
    judgement = judgement_of(submission(TEXT), Challenge(None, ORIGINAL, ()), reply)  # type: ignore[arg-type]
    assert judgement == Accepted(("propext",), 3)


def test_what_the_toolchain_could_not_check_is_said() -> None:
    reply = JudgeReply(commands=ORIGINAL, unseen=("Init.Data.List",))
    judgement = judgement_of(submission(TEXT), Challenge(None, ORIGINAL, ()), reply)  # type: ignore[arg-type]
    assert isinstance(judgement, Accepted)
    (gap,) = judgement.unchecked
    assert gap.startswith("module visibility not checked by this toolchain")
    assert verified(3, (), 0, (), judgement.unchecked).endswith(f"; {gap}")


def test_levels_say_what_was_looked_at() -> None:
    assert [level.state for level in passed(3)] == ["passed"] * 3 + ["not checked"] * 2
    assert [level.state for level in refused(2, "x", compiled=True)][:3] == ["passed", "refused", "not checked"]
    assert [level.state for level in refused(2, "x", compiled=False)][:2] == ["not checked", "refused"]
    assert [level.name for level in passed(1)] == list(LEVEL_NAMES)


def test_a_verified_proof_says_its_level_its_axioms_and_what_was_taken_on_trust() -> None:
    assert verified(3, (), 0) == "verified to level 3 of 5 (compiles, bound, axioms); axioms: none"
    assert verified(3, ("propext",), 2).endswith("axioms: propext; 2 library declarations taken on trust")


def declared(text: str, on_disk: str | None = None) -> tuple[SourceText, Declaration, SorryGoal]:
    start, body = text.index("theorem t"), text.index(":= by")
    stop = text.index("sorry") + 5
    source = SourceText(text, "A.lean", "A", (), on_disk)
    declaration = Declaration("t", "theorem", "t : p", False, start, stop, start + 8, True)
    state = State((), Origin(source, start + 8, statement=True))
    return source, declaration, SorryGoal(state, len(text[:body].encode()), stop, Place("body"), (start, stop), "t")


@pytest.mark.parametrize(
    ("proof", "body"),
    [
        (ProofText("rfl"), ":= by rfl"),
        (ProofText("\n  rfl\n\n"), ":= by rfl"),
        (ProofText("q", term=True), ":= q"),
        (
            ProofText("  intro x\n  cases x with\n  | a =>\n    rfl\n"),
            ":= by\n  intro x\n  cases x with\n  | a =>\n    rfl",
        ),
        (ProofText("fun x =>\n  x", term=True), ":=\n  fun x =>\n    x"),
        (ProofText("by\n    intro x\n    rfl", term=True), ":= by\n  intro x\n  rfl"),
        (ProofText("by simp\n   rfl", term=True), ":=\n  by simp\n     rfl"),
        (ProofText("intro x\r\nrfl\r\n"), ":= by\n  intro x\n  rfl"),
        (ProofText("rfl\ntheorem extra : p := q"), ":= by\n  rfl\n  theorem extra : p := q"),
    ],
)
def test_a_proof_takes_the_place_of_the_body(proof: ProofText, body: str) -> None:
    made = submission_of(*declared(TEXT), proof)
    assert made.candidate.text == TEXT.replace(":= by\n  sorry", body)
    assert made.block
    assert byte_objection(made) is None


def test_line_ends_are_those_of_the_file() -> None:
    made = submission_of(*declared(TEXT, TEXT.replace("\n", "\r\n")), ProofText("intro x\r\nrfl"))
    assert made.candidate.on_disk == made.candidate.text.replace("\n", "\r\n")
    assert "\r" not in made.candidate.text


@given(st.text().filter(lambda text: bool(text.strip())))
def test_any_text_leaves_the_rest_of_the_file_as_it_is(text: str) -> None:
    try:
        made = submission_of(*declared(TEXT), ProofText(text))
    except UsageError:
        return
    assert made.changes_only_the_command()


class Reader:
    """Says what a text is by its first word, as Lean would of these texts."""

    def __init__(self, same: bool = True) -> None:
        self._same = same

    def read_proof(self, source: SourceText, selection: int, text: str) -> ProofReply:
        words = text.split()
        if words[0] == "theorem":
            body = text.index(":=") if ":=" in text else text.index("|")
            return ProofReply("declaration", (len(text[:body].encode()), len(text.encode())), self._same)
        if words[0] in ("The", "Proof:"):
            return ProofReply("unreadable")
        return ProofReply("term" if words[0] in ("by", "fun") else "tactics")


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("rfl", ":= by rfl"),
        ("by rfl", ":= by rfl"),
        ("\ufeffby\r\n  intro x\r\n  rfl\r\n", ":= by\n  intro x\n  rfl"),
        (":= by\n  intro x\n  rfl", ":= by\n  intro x\n  rfl"),
        (":= fun x => x", ":= fun x => x"),
        ("```lean\nintro x\nrfl\n```\n", ":= by\n  intro x\n  rfl"),
        ("The proof:\n\n```lean4\nby simp\n```\nwhich is easy.", ":= by simp"),
        ("  ~~~\n  rfl\n  ~~~", ":= by rfl"),
        ("rfl -- as in\n/-\n```\nsimp\n```\n-/", ":= by\n  rfl -- as in\n  /-\n  ```\n  simp\n  ```\n  -/"),
        ("theorem t : p := by\n  intro x\n  rfl", ":= by\n  intro x\n  rfl"),
        ("```\ntheorem t (∀ : p) : p := q\n```", ":= q"),
        ("theorem t : p\n  | 0 => a\n  | _ => b", "\n  | 0 => a\n  | _ => b"),
        ("theorem t : p := by intro x\n                    rfl", ":=\n  by intro x\n     rfl"),
    ],
)
def test_a_proof_is_read_however_it_is_handed_in(text: str, body: str) -> None:
    source, declaration, goal = declared(TEXT)
    read = understood(Reader(), source, declaration, ProofText(text))  # type: ignore[arg-type]  # as far as it is used
    assert submission_of(source, declaration, goal, read).candidate.text == TEXT.replace(":= by\n  sorry", body)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"proof": "simp"}', "JSON"),
        ('```json\n["simp"]\n```', "JSON"),
        ('"simp"', "JSON"),
        ('{"a": 1}\n{"a": 2}\n', "JSON"),
        ("theorem t : q := by rfl", "not that of t"),
        ("```\n```", "empty"),
    ],
)
def test_what_is_no_proof_of_the_theorem_is_explained(text: str, message: str) -> None:
    source, declaration, _ = declared(TEXT)
    with pytest.raises(UsageError, match=message):
        understood(Reader(same=False), source, declaration, ProofText(text))  # type: ignore[arg-type]  # as above


@pytest.mark.parametrize("text", ["", "  \n\n", "\r\n"])
def test_an_empty_proof_is_wrong_input(text: str) -> None:
    with pytest.raises(UsageError, match="empty"):
        ProofText(text).lines()
