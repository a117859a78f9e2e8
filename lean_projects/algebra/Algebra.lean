import Algebra.Magma
import Algebra.Group
import Algebra.Hom
import Algebra.Ring
import Algebra.Lattice

/-!
# Algebra

Practice material: algebraic structures from scratch.
-/
