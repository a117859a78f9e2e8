/-! The proof ends in a comment that goes on over the next declaration on its line. -/
--! original
theorem target : 1 + 1 = 2 := by { sorry } theorem between : 2 + 2 = 4 := rfl
theorem last : 3 + 3 = 6 := rfl
--! cheat term
rfl --
--! twin term
rfl /- -/
