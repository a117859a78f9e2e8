/-! The proof writes or reads files while it is elaborated. -/
--! original
import Lean
theorem target : 1 + 1 = 2 := by
  sorry
--! cheat proof
run_tac IO.FS.writeFile "written-by-a-cheat" "x"
rfl
--! refused: `run_tac`
--! cheat proof
have := include_str "written-by-a-cheat"
rfl
--! refused: `include_str`
--! cheat proof
simp (config := { maxSteps := match unsafeIO (IO.FS.writeFile "written-by-a-cheat" "x") with | .ok _ => 9 | _ => 8 })
--! refused: `unsafeIO`
--! twin proof
have := "IO.FS.writeFile"
rfl
