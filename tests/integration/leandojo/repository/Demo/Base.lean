/-! # What the other file builds on -/
namespace Demo

/-- Twice a number. -/
def double (n : Nat) : Nat := n + n

/-- Of nothing, nothing. -/
theorem double_zero : double 0 = 0 := by
  rfl

theorem swap (α β : Nat) : α + β = β + α := by
  -- it commutes
  rw [Nat.add_comm]

end Demo
