/-! An axiom whose name reads like a standard one (isabelle-prover/proving-contest-backends, pull request 24). -/
--! original
axiom «propext » : 1 = 2
namespace Quot
axiom sounds : 1 = 2
end Quot

theorem target : 1 = 1 := by
  sorry
--! cheat proof
exact absurd «propext » (by decide)
--! refused: axioms that are not allowed
--! cheat proof
exact absurd Quot.sounds (by decide)
--! refused: axioms that are not allowed
--! twin proof
have : (1 = 1) = True := propext ⟨fun _ => trivial, fun _ => rfl⟩
exact this ▸ trivial
