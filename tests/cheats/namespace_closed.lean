/-! The proof closes the namespace and declares a theorem of the same name elsewhere. -/
--! original
namespace Deep
def Hard : Prop := ∀ n : Nat, n < 5
theorem target : Hard ∨ True := by
  sorry
end Deep
--! cheat proof
right; trivial
end Deep
namespace Other
theorem target : True := trivial
end Other
namespace Deep
--! refused: text (`end`) stands after the proof
--! cheat proof
right; trivial
end Deep
section
--! refused: text (`end`) stands after the proof
--! twin proof
right; trivial
