/-! The compiler is believed. -/
--! cheat file
theorem t : (List.range 5).length = 5 := by native_decide
--! refused: axioms that are not allowed
--! twin file
theorem t : (List.range 5).length = 5 := by decide
