/-! The proof opens a string that a later one in the file closes. -/
--! original
theorem target : "a".length = 1 := by
  sorry

def between : Nat := 1
def text : String := "end"
--! cheat proof
have := "
--! cheat proof
exact absurd "
--! twin proof
have := "theorem between : False := \" -/ "
decide
