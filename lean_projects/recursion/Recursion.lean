import Recursion.Unary
import Recursion.Lists
import Recursion.Exist
import Recursion.Trees
import Recursion.Machines
import Recursion.Laws
