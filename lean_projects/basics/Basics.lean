import Basics.Nat
import Basics.List
import Basics.Tree

/-!
# Basics

Practice material: own functions over natural numbers, lists and binary trees.
-/
