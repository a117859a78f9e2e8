"""Headers are fitted by what Lean says of them, a complaint at a time."""

from prover.evaluate.header import NUMBER_NOTATIONS, OPTIONS, Fitted, Headers, composed
from prover.lean.protocol import Message
from prover.lean.scripted import Exchange, ScriptedSession
from prover.lean.session import SourceText

NOTATION = "\n".join(f'notation "{sign}" => {name}' for sign, name in NUMBER_NOTATIONS.items())
HEADER = "import Mathlib\n\nset_option linter.none true\nopen BigOperators Nat"


def complaint(line: int, column: int, stop: int, text: str = "unknown namespace") -> Message:
    return Message("error", line, column, line, stop, text, "")


def asked(header: str, *answer: Message) -> Exchange:
    return Exchange("elaborate", (SourceText(f"{header}\n", "header.lean", "Header", OPTIONS),), answer)


def test_what_lean_does_not_know_is_left_out_and_nothing_else() -> None:
    conversation = [
        asked(placed("\n\nset_option linter.none true\nopen BigOperators Nat"), complaint(6, 0, 10, "unknown option")),
        asked(placed("\n\n\nopen BigOperators Nat"), complaint(7, 5, 17)),
        asked(placed("\n\n\nopen Nat")),
    ]
    with ScriptedSession(script=conversation) as session:
        headers = Headers(lambda module: module != "Mathlib")
        fitted = headers.fit(session, HEADER, "theorem a (n : ℕ) : n = n")
        again = headers.fit(session, HEADER, "theorem b (z : ℤ) (n : ℕ) : z = n")
    assert fitted.text == 'notation "ℕ" => Nat\nopen Nat'
    assert fitted.left_out == ("import Mathlib", "set_option linter.none true", "open BigOperators")
    assert (fitted.notations, again.notations) == (("ℕ",), ("ℕ", "ℤ"))
    assert composed(fitted, "theorem a : 1 = 1") == f"{fitted.text}\n\ntheorem a : 1 = 1 := by\n  sorry\n"


def placed(header: str) -> str:
    """The header as Lean is asked about it: notations come where its imports were."""
    return f"{NOTATION}\n{header}"


def test_a_header_whose_imports_are_here_is_not_touched() -> None:
    with ScriptedSession() as session:
        fitted = Headers(lambda _: True).fit(session, HEADER, "theorem a (n : ℕ) : n = n")
    assert fitted == Fitted(HEADER)
    assert fitted.whole


def test_a_complaint_about_something_else_stays_lean_s() -> None:
    header = "import Mathlib\nimport Init\nvariable (x : ℝ)\nopen Nat"
    text = f"\nimport Init\n{NOTATION}\nvariable (x : ℝ)\nopen Nat"
    with ScriptedSession(script=[asked(text, complaint(6, 14, 15, "unknown identifier"))]) as session:
        fitted = Headers(lambda module: module == "Init").fit(session, header, "theorem a : 1 = 1")
    assert fitted == Fitted("import Init\nvariable (x : ℝ)\nopen Nat", ("import Mathlib",))


def test_options_are_implied_where_imports_are_left_out_unless_the_header_sets_them() -> None:
    assert Fitted("open Nat").described_options() == ()
    assert Fitted("open Nat", ("import Mathlib",)).described_options() == ("autoImplicit false",)
    assert Fitted("set_option autoImplicit true", ("import Mathlib",)).described_options() == ()
    assert Fitted("set_option autoImplicit true in", ("import Mathlib",)).options == ()


def test_a_header_whose_import_is_shortened_keeps_it_and_gets_no_notation() -> None:
    conversation = [
        asked(HEADER, complaint(3, 0, 10, "unknown option")),
        asked("import Mathlib\n\n\nopen BigOperators Nat", complaint(4, 5, 17)),
        asked("import Mathlib\n\n\nopen Nat"),
    ]
    with ScriptedSession(script=conversation) as session:
        fitted = Headers(lambda _: True, shortened=True).fit(session, HEADER, "theorem a (n : ℕ) : n = n")
    assert fitted.text == "import Mathlib\n\nopen Nat"
    assert fitted.left_out == ("set_option linter.none true", "open BigOperators")
    assert fitted.described_options() == ("autoImplicit false",)
    assert (fitted.notations, fitted.whole) == ((), False)
