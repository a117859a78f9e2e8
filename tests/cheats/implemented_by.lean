/-! Evaluation runs another program than the one that is reasoned about. -/
--! original
def yes (_ : Nat) : Bool := true
@[implemented_by yes] def small (n : Nat) : Bool := n < 9

theorem target : small 9 = true ∨ small 7 = true := by
  sorry
--! cheat proof
left; native_decide
--! refused: `native_decide`
--! cheat proof
left; decide +native
--! cheat proof
left; decide
--! refused: does not compile
--! twin proof
right; decide
