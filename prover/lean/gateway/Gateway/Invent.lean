import Gateway.Scope
/-!
What a stuck goal may lack: equations that would be lemmas, made from the terms of the goal and evaluated on small
instances. Nothing here proves anything: a conjecture that survives is worth a try, no more.
-/
open Lean Meta Elab

namespace Gateway

/-- Whether a term is a value of a data type: no proposition, type, function or instance. -/
def isData (e : Expr) : MetaM Bool := do
  let type ← whnfR (← inferType e)
  if type.isSort || type.isForall || (← isClass? type).isSome then return false
  return !(← Meta.isProp type)

/-- Whether a variable that is data occurs in a term. -/
def hasData (e : Expr) : MetaM Bool := do
  for decl in ← getLCtx do
    if e.containsFVar decl.fvarId && (← isData decl.toExpr) then return true
  return false

/-- The subterms without bound variables, the larger ones first; each once. -/
partial def closedSubterms (e : Expr) : Array Expr := go e #[]
where
  go (e : Expr) (found : Array Expr) : Array Expr :=
    if e.hasLooseBVars || found.contains e then found
    else match e with
      | .app .. => (e.getAppArgs).foldl (fun found a => go a found) (found.push e)
      | .mdata _ e => go e found
      | .fvar .. | .const .. => found.push e
      | _ => found

partial def occurrences (e p : Expr) : Nat :=
  if e == p then 1 else match e with
    | .app f a => occurrences f p + occurrences a p
    | .mdata _ e => occurrences e p
    | .lam _ t b _ | .forallE _ t b _ => occurrences t p + occurrences b p
    | _ => 0

def substituted (e p v : Expr) : Expr := e.replace fun x => if x == p then some v else none

/-- A function of the goal with all but its data arguments fixed. -/
structure Operation where
  /-- with its data arguments abstracted, to compare operations -/
  closed : Expr
  arguments : Array Expr
  result : Expr
  apply : Array Expr → Expr

def operation? (e : Expr) : MetaM (Option Operation) := do
  let some name := e.getAppFn.constName? | return none
  let env ← getEnv
  if env.isConstructor name || name == ``OfNat.ofNat || name == ``ite || name == ``dite || isMatcherCore env name then
    return none
  unless ← isData e do return none
  let arguments := e.getAppArgs
  let info ← getFunInfo e.getAppFn
  let mut places := #[]
  for h : i in [0:arguments.size] do
    if (info.paramInfo[i]?.map (·.isExplicit)).getD true then
      if ← isData arguments[i] then places := places.push i
  if places.isEmpty || places.size > 3 then return none
  let values := places.map fun i => arguments[i]!
  let types ← values.mapM fun a => do whnfR (← inferType a)
  let result ← whnfR (← inferType e)
  let apply (given : Array Expr) : Expr :=
    mkAppN e.getAppFn ((places.zip given).foldl (init := arguments) fun all (i, v) => all.set! i v)
  let closed ← withLocalDeclsD ((types.mapIdx fun i t => (Name.mkSimple s!"x{i}", fun _ => pure t))) fun xs =>
    mkLambdaFVars xs (apply xs)
  return some { closed, arguments := types, result, apply }

def operationsOf (terms : Array Expr) : MetaM (Array Operation) := do
  let mut found : Array Operation := #[]
  for e in terms do
    if e.isApp then
      if let some op ← (try operation? e catch _ => pure none) then
        unless found.any (·.closed == op.closed) do found := found.push op
  return found

/-- Definitions as operations that lead to one of some types. -/
def operationsNamed (names : Array Name) (types : Array Expr) : MetaM (Array Operation) := do
  let mut found : Array Operation := #[]
  for name in names do
    for type in types do
      let made ← try made? name type catch _ => pure none
      if let some op := made then
        unless found.any (·.closed == op.closed) do found := found.push op
  return found
where
  made? (name : Name) (type : Expr) : MetaM (Option Operation) := do
    let head ← mkConstWithFreshMVarLevels name
    let (values, infos, result) ← forallMetaTelescope (← inferType head)
    unless ← isDefEq result type do return none
    let mut explicit := #[]
    for (value, info) in values.zip infos do
      if info.isInstImplicit then
        unless ← isDefEq value (← synthInstance (← inferType value)) do return none
      else if info.isExplicit then explicit := explicit.push value
    if explicit.isEmpty || explicit.size > 2 then return none
    for value in explicit do
      unless ← isData value do return none
    let arguments ← explicit.mapM fun value => do whnfR (← instantiateMVars (← inferType value))
    let closed ← instantiateMVars (← mkLambdaFVars explicit (← instantiateMVars (mkAppN head values)))
    if closed.hasExprMVar || arguments.any (·.hasExprMVar) then return none
    return some { closed, arguments, result := type, apply := fun xs => closed.beta xs }

/-- The usual binary operations on a type. -/
def usualOperations (type : Expr) : MetaM (Array Operation) := do
  let binary (name : Name) : MetaM (Option Operation) := do
    try withLocalDeclD `a type fun a => withLocalDeclD `b type fun b => do
      let e ← mkAppM name #[a, b]
      unless ← isDefEq (← inferType e) type do return none
      let closed ← mkLambdaFVars #[a, b] e
      return some { closed, arguments := #[type, type], result := type, apply := fun xs => closed.beta xs }
    catch _ => return none
  let names := match type.getAppFn.constName? with
    | some ``Nat | some ``Int => [``HAdd.hAdd, ``HMul.hMul, ``Max.max]
    | some ``List => [``HAppend.hAppend]
    | some ``Bool => [``and, ``or]
    | _ => []
  return (← names.filterMapM binary).toArray

/-- Constructors of a type without arguments of their own, as terms. -/
def units (type : Expr) : MetaM (Array Expr) := do
  let some name := type.getAppFn.constName? | return #[]
  if name == ``Nat || name == ``Int then return #[← mkNumeral type 0, ← mkNumeral type 1]
  let some (.inductInfo info) := (← getEnv).find? name | return #[]
  if info.numIndices != 0 then return #[]
  let mut found := #[]
  for ctor in info.ctors do
    let e := mkAppN (.const ctor type.getAppFn.constLevels!) type.getAppArgs
    if ← isData e then found := found.push e
  return found

/-- Constructors of a type with one recursive argument, as operations on that argument with the others given as variables. -/
def successors (type : Expr) : MetaM (Array Expr) := do
  let some name := type.getAppFn.constName? | return #[]
  if name == ``Nat then return #[← withLocalDeclD `n type fun n => do mkLambdaFVars #[n] (← mkAppM ``HAdd.hAdd #[n, ← mkNumeral type 1])]
  let some (.inductInfo info) := (← getEnv).find? name | return #[]
  if info.numIndices != 0 || !info.isRec then return #[]
  let mut found := #[]
  for ctor in info.ctors do
    let e := mkAppN (.const ctor type.getAppFn.constLevels!) type.getAppArgs
    let made ← forallTelescope (← inferType e) fun xs _ => do
      let recursive ← xs.filterM fun x => do return (← inferType x) == type
      if h : recursive.size = 1 ∧ xs.size ≤ 2 then
        let x := recursive[0]
        return some (← mkLambdaFVars ((xs.filter (· != x)).push x) (mkAppN e xs))
      else return none
    if let some e := made then found := found.push e
  return found

/-- A conjecture: the less its rank, the more likely it is what the goal needs. -/
structure Conjecture where
  rank : Nat
  statement : Expr

abbrev Conjectures := IO.Ref (Array Conjecture)

/-- Adds the equation that `sides` makes of variables of these types. -/
def Conjectures.add (found : Conjectures) (rank : Nat) (types : Array Expr)
    (sides : Array Expr → Expr × Expr) : MetaM Unit := do
  let names := #["u", "v", "w", "t", "s", "r"]
  let taken := (← getLCtx).foldl (init := #[]) fun all d => all.push d.userName
  let declared := types.mapIdx fun i t =>
    let name := Name.mkSimple (names.getD i "q")
    ((if taken.contains name then Name.mkSimple s!"{names.getD i "q"}'" else name), fun (_ : Array Expr) => (pure t : MetaM Expr))
  try
    withLocalDeclsD declared fun xs => do
      let (left, right) := sides xs
      if left == right then return
      let statement ← mkForallFVars xs (← mkEq left right)
      unless (← ST.Ref.get found).any (·.statement == statement) do
        found.modify (·.push { rank, statement })
  catch _ => pure ()

/-- Laws that operations of the goal may have. -/
def Conjectures.laws (found : Conjectures) (own further : Array Operation) : MetaM Unit := do
  let mut targets := own ++ further
  for op in own do
    for usual in ← usualOperations op.result do
      unless targets.any (·.closed == usual.closed) do targets := targets.push usual
  let binary (op : Operation) : Bool := op.arguments.size == 2 && op.arguments.all (· == op.result)
  for f in own do
    match f.arguments with
    | #[a] =>
      for g in own do
        if g.arguments.size == 1 && g.result == a then
          if g.arguments[0]! == f.result then
            found.add 3 #[f.result] fun xs => (f.apply #[g.apply xs], xs[0]!)
          for h in own do
            if h.arguments == g.arguments && h.result == f.result then
              found.add 3 g.arguments fun xs => (f.apply #[g.apply xs], h.apply xs)
          for h in own do
            for k in own do
              if k.arguments == g.arguments && h.arguments == #[k.result] && h.result == f.result && h.closed != f.closed then
                found.add 4 g.arguments fun xs => (f.apply #[g.apply xs], h.apply #[k.apply xs])
      for g in own do
        if g.arguments.size == 2 && g.result == a && binary g then
          for h in targets do
            if binary h && h.result == f.result then
              found.add 1 g.arguments fun xs => (f.apply #[g.apply xs], h.apply #[f.apply #[xs[0]!], f.apply #[xs[1]!]])
              found.add 1 g.arguments fun xs => (f.apply #[g.apply xs], h.apply #[f.apply #[xs[1]!], f.apply #[xs[0]!]])
          found.add 2 g.arguments fun xs => (f.apply #[g.apply xs], f.apply #[g.apply #[xs[1]!, xs[0]!]])
      for c in ← successors a do
        for d in ← successors f.result do
          if d.getNumHeadLambdas == 1 && c.getNumHeadLambdas == 1 then
            found.add 4 #[a] fun xs => (f.apply #[c.beta xs], d.beta #[f.apply xs])
    | #[a, b] =>
      if a == b && b == f.result then
        found.add 2 #[a, a] fun xs => (f.apply xs, f.apply #[xs[1]!, xs[0]!])
        found.add 2 #[a, a, a] fun xs =>
          (f.apply #[f.apply #[xs[0]!, xs[1]!], xs[2]!], f.apply #[xs[0]!, f.apply #[xs[1]!, xs[2]!]])
        found.add 4 #[a, a, a] fun xs =>
          (f.apply #[xs[0]!, f.apply #[xs[1]!, xs[2]!]], f.apply #[xs[1]!, f.apply #[xs[0]!, xs[2]!]])
        found.add 4 #[a] fun xs => (f.apply #[xs[0]!, xs[0]!], xs[0]!)
      if a == f.result then
        for e in ← units b do
          found.add 2 #[a] fun xs => (f.apply #[xs[0]!, e], xs[0]!)
      if b == f.result then
        for e in ← units a do
          found.add 2 #[b] fun xs => (f.apply #[e, xs[0]!], xs[0]!)
      for e in ← units b do
        for d in ← units f.result do
          found.add 3 #[a] fun xs => (f.apply #[xs[0]!, e], d)
      for e in ← units a do
        for d in ← units f.result do
          found.add 3 #[b] fun xs => (f.apply #[e, xs[0]!], d)
      if a == b then
        for d in ← units f.result do
          found.add 3 #[a] fun xs => (f.apply #[xs[0]!, xs[0]!], d)
      -- a successor may be moved out of, or between, the arguments
      for c in ← successors b do
        let n := c.getNumHeadLambdas - 1
        let extra ← forallTelescope (← inferType c) fun xs _ => (xs.extract 0 n).mapM fun x => inferType x
        if b == f.result then
          found.add 2 (extra ++ #[a, b]) fun xs =>
            (f.apply #[xs[n]!, c.beta (xs.extract 0 n ++ #[xs[n+1]!])], c.beta (xs.extract 0 n ++ #[f.apply #[xs[n]!, xs[n+1]!]]))
        if a == b then
          found.add 2 (extra ++ #[a, b]) fun xs =>
            (f.apply #[xs[n]!, c.beta (xs.extract 0 n ++ #[xs[n+1]!])], f.apply #[c.beta (xs.extract 0 n ++ #[xs[n]!]), xs[n+1]!])
        for h in targets do
          if binary h && h.result == f.result && a == f.result && n == 0 then
            found.add 3 #[a, b] fun xs =>
              (f.apply #[xs[0]!, c.beta #[xs[1]!]], h.apply #[xs[0]!, f.apply xs])
      -- distribution over another operation, in either argument
      for g in own do
        if g.arguments.size == 2 then
          let both := binary g
          if both && g.result == b then
            for h in targets do
              if binary h && h.result == f.result then
                found.add 1 #[a, b, b] fun xs =>
                  (f.apply #[xs[0]!, g.apply #[xs[1]!, xs[2]!]], h.apply #[f.apply #[xs[0]!, xs[1]!], f.apply #[xs[0]!, xs[2]!]])
            if a == f.result then
              found.add 1 #[a, b, b] fun xs =>
                (f.apply #[xs[0]!, g.apply #[xs[1]!, xs[2]!]], f.apply #[f.apply #[xs[0]!, xs[1]!], xs[2]!])
          if both && g.result == a then
            for h in targets do
              if binary h && h.result == f.result then
                found.add 1 #[a, a, b] fun xs =>
                  (f.apply #[g.apply #[xs[0]!, xs[1]!], xs[2]!], h.apply #[f.apply #[xs[0]!, xs[2]!], f.apply #[xs[1]!, xs[2]!]])
            if b == f.result then
              found.add 1 #[a, a, b] fun xs =>
                (f.apply #[g.apply #[xs[0]!, xs[1]!], xs[2]!], f.apply #[xs[0]!, f.apply #[xs[1]!, xs[2]!]])
              found.add 1 #[a, a, b] fun xs =>
                (f.apply #[g.apply #[xs[0]!, xs[1]!], xs[2]!], f.apply #[xs[1]!, f.apply #[xs[0]!, xs[2]!]])
    | _ => pure ()

/-- The equation with all variables that are data, and some others given, bound. -/
def Conjectures.closing (found : Conjectures) (rank : Nat) (left right : Expr) : MetaM Unit := do
  if left == right || left.isFVar && right.isFVar then return
  let statement ← mkEq left right
  let mut vars := #[]
  for decl in ← getLCtx do
    unless decl.isImplementationDetail do
      if statement.containsFVar decl.fvarId && (← isData decl.toExpr) then vars := vars.push decl.toExpr
  if vars.isEmpty then return
  try
    let statement ← mkForallFVars vars statement
    unless (← ST.Ref.get found).any (·.statement == statement) do found.modify (·.push { rank, statement })
  catch _ => pure ()

/-- Whether a term is worth being replaced by a variable. -/
def generalisable (e : Expr) : MetaM Bool := do
  if !e.isApp || e.isAppOf ``OfNat.ofNat then return false
  if let some name := e.getAppFn.constName? then
    if (← getEnv).isConstructor name then return false
  unless ← isData e do return false
  hasData e

/-- Equations in which terms that both sides share are variables. -/
partial def Conjectures.shared (found : Conjectures) (rank : Nat) (left right : Expr) (depth : Nat := 2) : MetaM Unit := do
  for e in closedSubterms left do
    if (← generalisable e) && e != left && e != right && occurrences right e > 0 then
      let name := if depth == 2 then `y else `z
      withLocalDeclD name (← inferType e) fun v => do
        let (l, r) := (substituted left e v, substituted right e v)
        found.closing rank l r
        if depth > 1 then found.shared rank l r (depth - 1)

/-- Equations that a hypothesis, used from right to left on one side, makes of the goal. -/
def Conjectures.fertilised (found : Conjectures) (left right : Expr) : MetaM Unit := do
  for decl in ← getLCtx do
    unless decl.isImplementationDetail do
      let type ← instantiateMVars decl.type
      if let some (_, l, r) := type.eq? then
        unless type.hasLooseBVars || r.isApp && !(← hasData r) do
          if occurrences right r > 0 && l.isApp then found.shared 0 left (substituted right r l)
          if occurrences left r > 0 && l.isApp then found.shared 0 (substituted left r l) right

/-- Equations in which a constant argument of a recursive function is a variable, which the other side must take up. -/
def Conjectures.accumulated (found : Conjectures) (left right : Expr) (own further : Array Operation) : MetaM Unit := do
  for call in closedSubterms left do
    if call.isApp && !(call.getAppFn.constName?.map ((← getEnv).isConstructor ·)).getD true then
      let arguments := call.getAppArgs
      for h : i in [0:arguments.size] do
        let a := arguments[i]
        if !a.isFVar && !(← hasData a) && (← isData a) && (← isData call) then
          let type ← whnfR (← inferType a)
          let result ← whnfR (← inferType right)
          withLocalDeclD `acc type fun acc => do
            let left' := substituted left call (mkAppN call.getAppFn (arguments.set! i acc))
            let mut taken := #[]
            if type == result then taken := taken.push acc
            if (← whnfR (← inferType call)) == type then
              let around := substituted left call acc
              unless taken.contains around do taken := taken.push around
            for op in own ++ further do
              if op.arguments == #[type] && op.result == result then taken := taken.push (op.apply #[acc])
            let usual ← usualOperations result
            for term in taken do
              unless (← inferType term) != (← inferType right) do
                for op in usual ++ (own ++ further).filter fun op => op.arguments == #[result, result] && op.result == result && !usual.any (·.closed == op.closed) do
                  found.closing 0 left' (op.apply #[right, term])
                  found.closing 0 left' (op.apply #[term, right])

/-! Evaluation. -/

/-- Values of types that were made already. -/
abbrev Samples := IO.Ref (Std.HashMap (Expr × Nat) (Array Expr))

mutual

/-- Some closed values of a closed type. -/
partial def samples (known : Samples) (type : Expr) (depth : Nat := 3) (count : Nat := 6) : MetaM (Array Expr) := do
  if let some values := (← ST.Ref.get known)[(type, depth)]? then return values
  let values ← newSamples known type depth count
  known.modify (·.insert (type, depth) values)
  return values

partial def newSamples (known : Samples) (type : Expr) (depth count : Nat) : MetaM (Array Expr) := do
  let type ← whnf type
  if type.isSort then
    return if type.isProp then #[mkConst ``True, mkConst ``False] else #[mkConst ``Nat]
  if let .forallE _ domain range _ := type then
    if range.hasLooseBVars then return #[]
    let values := (← samples known range (depth - 1)).extract 0 2
    let mut made := values.map fun v => .lam `x domain v .default
    if domain == range then made := #[.lam `x domain (.bvar 0) .default] ++ made
    if domain.isConstOf ``Nat && range.isConstOf ``Nat then
      made := #[.lam `x domain (mkNatSucc (.bvar 0)) .default] ++ made
    if domain.isConstOf ``Nat && range.isConstOf ``Bool then
      made := #[.lam `x domain (mkApp2 (mkConst ``Nat.beq) (.bvar 0) (mkRawNatLit 0)) .default] ++ made
    return made.extract 0 count
  if (← isClass? type).isSome then
    return (← synthInstance? type).toArray
  let some name := type.getAppFn.constName? | return #[]
  if name == ``Nat then return #[2, 0, 1, 3].map fun n => mkRawNatLit n
  if name == ``String then return #["", "a", "b"].map fun s => mkStrLit s
  if name == ``Char then return #['a', 'b'].map fun c => toExpr c
  let some (.inductInfo info) := (← getEnv).find? name | return #[]
  if info.numIndices != 0 || depth == 0 && info.isRec then
    if depth == 0 && info.numIndices == 0 then return ← units type
    return #[]
  let mut found := #[]
  for ctor in info.ctors.reverse do
    let head := mkAppN (.const ctor type.getAppFn.constLevels!) (type.getAppArgs.extract 0 info.numParams)
    found := found ++ (← filled known depth head (← inferType head))
  return found.extract 0 (4 * count)

/-- Applications of a constructor to small values. -/
partial def filled (known : Samples) (depth : Nat) (e type : Expr) : MetaM (Array Expr) := do
  match ← whnf type with
  | .forallE _ domain range _ =>
    if range.hasLooseBVars then return #[]
    let values := (← samples known domain (depth - 1)).extract 0 (if depth ≥ 3 then 4 else 2)
    let mut found := #[]
    for v in values do found := found ++ (← filled known depth (.app e v) range)
    return found.extract 0 12
  | _ => return #[e]

end

/-- Whether a type below some binders is a proposition, as far as its head says. -/
partial def isStatement (env : Environment) (binders : Array Expr) : Expr → Bool
  | .forallE _ domain range _ => isStatement env (binders.push domain) range
  | type => match type.getAppFn with
    | .const name _ => (env.find? name).any fun info => isPropAtEnd info.type
    | .bvar i => (binders[binders.size - 1 - i]?).any isPropAtEnd
    | _ => false
where
  isPropAtEnd : Expr → Bool
    | .forallE _ _ range _ => isPropAtEnd range
    | type => type == .sort .zero

/-- Which arguments of a constructor are proofs. -/
def proofFields (env : Environment) (type : Expr) : Array Bool := go type #[] #[]
where
  go (type : Expr) (binders : Array Expr) (found : Array Bool) : Array Bool :=
    match type with
    | .forallE _ domain range _ => go range (binders.push domain) (found.push (isStatement env binders domain))
    | _ => found

/-- Whether two closed terms have the same value; none if one cannot be evaluated. -/
partial def sameValue (env : Environment) (a b : Expr) (fuel : Nat := 60) : Option Bool := Id.run do
  if fuel == 0 then return none
  let (.ok a, .ok b) := (Kernel.whnf env {} a, Kernel.whnf env {} b) | return none
  let (a, b) := (opened a, opened b)
  if a == b then return some true
  let (some f, some g) := (a.getAppFn.constName?, b.getAppFn.constName?) | return none
  let some (.ctorInfo info) := env.find? f | return none
  unless env.isConstructor g do return none
  if f != g then return some false
  let (xs, ys) := (a.getAppArgs, b.getAppArgs)
  let proofs := proofFields env info.type
  let mut known := true
  for i in [info.numParams:xs.size] do
    if proofs.getD i false then continue
    match sameValue env xs[i]! (ys.getD i xs[i]!) (fuel - 1) with
    | some true => pure ()
    | some false => return some false
    | none => known := false
  return if known then some true else none
where
  opened : Expr → Expr
    | .lit (.natVal 0) => mkConst ``Nat.zero
    | .lit (.natVal (n + 1)) => mkApp (mkConst ``Nat.succ) (mkRawNatLit n)
    | e => e

/-- Whether no instance that was tried refutes a closed statement `∀ …, a = b`. -/
def survives (known : Samples) (statement : Expr) (tries : Nat := 8) : MetaM Bool := do
  let env ← getEnv
  let levels := (collectLevelParams {} statement).params
  let statement := statement.instantiateLevelParams levels.toList (levels.toList.map fun _ => levelZero)
  for t in [0:tries] do
    let mut rest := statement
    let mut seed := 7 * t + 3
    let mut complete := true
    repeat
      match rest with
      | .forallE _ domain range _ =>
        let values ← try samples known domain catch _ => pure #[]
        if values.isEmpty then
          complete := false
          break
        seed := (seed * 1103515245 + 12345) % 2147483648
        rest := range.instantiate1 values[(seed / 65536) % values.size]!
      | _ => break
    unless complete do return true
    let some (_, a, b) := rest.eq? | return true
    if sameValue env a b == some false then return false
  return true

/-- Equations that may be missing, the most promising first. -/
def conjectured (library : LibraryModules) (target : Expr) : MetaM (Array Conjecture) := do
  let found : Conjectures ← IO.mkRef #[]
  let own ← operationsOf (closedSubterms target)
  let types := own.foldl (init := #[]) fun all op =>
    (op.arguments.push op.result).foldl (init := all) fun all t => if all.contains t then all else all.push t
  let further ← operationsNamed (reachable library (← getEnv) target.getUsedConstants 6) types
  if let some (_, left, right) := target.eq? then
    if ← isData left then
      found.accumulated left right own further
      found.accumulated right left own further
      found.fertilised left right
      found.shared 0 left right
  found.laws own further
  return (← ST.Ref.get found).qsort fun a b => a.rank < b.rank

/-- Equations that the goal may lack and of which no small instance is false, at most `count` and as many as are
found before `deadline`, in milliseconds of the monotonic clock. -/
def invented (library : LibraryModules) (goal : MVarId) (count deadline : Nat) :
    MetaM (Array (Nat × String)) := goal.withContext do
  let target ← instantiateMVars (← goal.getType)
  if target.hasExprMVar then return #[]
  let context := (← getLCtx).foldl (init := #[]) fun fvars decl =>
    if decl.isImplementationDetail then fvars else fvars.push decl.toExpr
  let fixed ← context.filterM fun x => return !(← Meta.isProp (← inferType x))
  let known : Samples ← IO.mkRef {}
  let mut kept := #[]
  for conjecture in ← conjectured library target do
    if kept.size ≥ count || (← IO.monoMsNow) ≥ deadline then break
    let closed ← mkForallFVars fixed conjecture.statement (usedOnly := true)
    if closed.hasFVar || closed.hasExprMVar then continue
    if ← (try survives known closed catch _ => pure true) then
      let text := (← ppExpr conjecture.statement).pretty (width := 10000)
      unless kept.any (·.2 == text) do kept := kept.push (conjecture.rank, text)
  return kept

/-- Applications of lemmas and hypotheses to hypotheses, as terms: `lemma _ h`. -/
def consequences (goal : MVarId) (lemmas : Array Name) : MetaM (Array String) := goal.withContext do
  let mut known := #[]
  let mut rules := #[]
  for decl in ← getLCtx do
    unless decl.isImplementationDetail do
      let type ← instantiateMVars decl.type
      if ← Meta.isProp type then
        let name := toString decl.userName
        unless type.hasExprMVar do known := known.push (name, type)
        if type.isForall then rules := rules.push (decl.toExpr, name)
  for name in lemmas do
    rules := rules.push (← mkConstWithFreshMVarLevels name, ← shortName name)
  let mut found := #[]
  for (rule, text) in rules do
    for h in known do
      if found.size ≥ 16 then return found
      if h.1 != text then
        if let some applied ← (try applied? rule text h known catch _ => pure none) then
          unless found.contains applied do found := found.push applied
  return found
where
  applied? (rule : Expr) (text : String) (h : String × Expr) (known : Array (String × Expr)) : MetaM (Option String) :=
    withoutModifyingState do
      let (values, infos, _) ← forallMetaTelescope (← inferType rule)
      let mut place? := none
      for i in [0:values.size] do
        let premise ← instantiateMVars (← inferType values[i]!)
        if place?.isNone && premise.getAppFn.isConst && infos[i]!.isExplicit then
          if ← withReducible (isDefEq premise h.2) then place? := some i
      let some place := place? | return none
      let mut words := #[text]
      for i in [0:values.size] do
        if infos[i]!.isExplicit then
          if i == place then words := words.push h.1
          else
            let type ← instantiateMVars (← inferType values[i]!)
            if ← Meta.isProp type then
              match ← known.findM? fun other => withReducible (isDefEq type other.2) with
              | some other => words := words.push other.1
              | none => if i < place then return none else break
            else if (← instantiateMVars values[i]!).isMVar then
              if i < place then return none else break
            else words := words.push "_"
      return some (" ".intercalate words.toList)

end Gateway
