module

public import Mathlib.Init

/-! Text that only a release holds. -/

public section

def script : String := include_str ".." / ".lake" / "build" / "js" / "script.js"

def notice : String := include_str "notice.txt"
