/-! A file that does not compile. -/
--! cheat file
theorem t : 1 = 2 := rfl
--! refused: does not compile
--! twin file
theorem t : 1 = 1 := rfl
