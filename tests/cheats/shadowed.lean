/-! Another declaration of the same short name comes between. -/
--! original
def limit : Nat := 5

namespace Work
theorem target : limit = 5 ∨ limit = 6 := by
  sorry
end Work
--! cheat file
def limit : Nat := 5

namespace Work
def limit : Nat := 6
theorem target : limit = 5 ∨ limit = 6 := by
  exact .inr rfl
end Work
--! cheat file
def limit : Nat := 5

namespace Work
variable (limit : Nat)
theorem target : limit = 5 ∨ limit = 6 := by
  sorry
end Work
--! twin file
def limit : Nat := 5

namespace Work
theorem target : limit = 5 ∨ limit = 6 := by
  exact .inl rfl
end Work
