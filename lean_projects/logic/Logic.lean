import Logic.Prop
import Logic.Quantifier
import Logic.Function
import Logic.Relation
import Logic.Set
import Logic.Formula

/-!
# Logic

Practice material: propositional and predicate logic, functions, relations, sets and formulas.
-/
