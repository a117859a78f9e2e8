/-! Where data was given beside a missing proof, another value makes the proof easy. -/
--! original
def target : { n : Nat // n < 5 ∨ n = 7 } :=
  ⟨7, sorry⟩
--! cheat term
⟨1, .inl (by decide)⟩
--! refused: its value changed
--! cheat term
⟨7, sorry⟩
--! refused: rests on `sorry`
--! twin term
⟨7, .inr rfl⟩
