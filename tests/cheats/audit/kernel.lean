/-! The kernel was told to look away while a wrong proof came in. -/
--! cheat file
import Lean
set_option debug.skipKernelTC true in
run_cmd Lean.Elab.Command.liftCoreM do
  let decl := Lean.Declaration.thmDecl
    { name := `wrong, levelParams := [], type := Lean.mkConst ``False, value := Lean.mkConst ``trivial }
  Lean.addDecl decl
theorem t : 1 = 2 := wrong.elim
--! refused: the kernel does not take it
--! cheat file
import Lean
run_cmd do
  let decl := Lean.Declaration.thmDecl
    { name := `wrong, levelParams := [], type := Lean.mkConst ``False, value := Lean.mkConst ``trivial }
  Lean.modifyEnv fun env => (env.addDeclCore 0 decl none (doCheck := false)).toOption.getD env
theorem t : 1 = 2 := wrong.elim
--! refused: the kernel does not take it
--! twin file
import Lean
run_cmd Lean.Elab.Command.liftCoreM do
  let decl := Lean.Declaration.thmDecl
    { name := `right, levelParams := [], type := Lean.mkConst ``True, value := Lean.mkConst ``trivial }
  Lean.addDecl decl
theorem t : 1 = 2 ∨ True := .inr right
