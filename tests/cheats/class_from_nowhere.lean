/-! The instance that is found carries the proof, and rests on an axiom or on `sorry`. -/
--! original
class Fact (p : Prop) : Prop where
  out : p
instance cheap : Fact (2 + 2 = 5) := ⟨sorry⟩
instance honest : Fact (2 + 2 = 4) := ⟨rfl⟩

theorem target : 2 + 2 = 5 ∨ 2 + 2 = 4 := by
  sorry
--! cheat proof
exact .inl Fact.out
--! refused: rests on `sorry`
--! twin proof
exact .inr Fact.out
