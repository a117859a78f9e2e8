import Programs.Expr
import Programs.Compile
import Programs.Imp
import Programs.Sort
import Programs.Automaton
import Programs.Encoding

/-!
# Programs

Practice material: small programs and their correctness.
-/
