/-! Code that is run above the theorem changes the environment, or writes files. -/
--! original
import Lean
theorem target : 1 + 1 = 2 := by
  sorry
--! cheat file
import Lean
run_cmd Lean.addDecl <| .axiomDecl { name := `cheap, levelParams := [], type := Lean.mkConst ``False, isUnsafe := false }
theorem target : 1 + 1 = 2 := by
  exact cheap.elim
--! cheat file
import Lean
deriving instance Inhabited for Nat
theorem target : 1 + 1 = 2 := by
  rfl
--! cheat file
import Lean
#eval IO.FS.writeFile "written-by-a-cheat" "x"
theorem target : 1 + 1 = 2 := by
  rfl
--! twin file
import Lean
theorem target : 1 + 1 = 2 := by
  rfl
