import Gateway.Invent
/-!
Small values of types, and whether closed propositions hold of them: what refutation evaluates. Values are terms with
the text that stands for them in a proof; propositions are evaluated by the kernel, or by compiled code where that is
stuck. Nothing here proves anything.
-/
open Lean Meta Elab

namespace Gateway

/-- A value that a variable may have; its text where Lean would not print one that can be read again. -/
structure Value where
  term : Expr
  text? : Option String := none
  deriving Inhabited

/-- Some values of a type, small ones first. -/
structure Choice where
  values : Array Value := #[]
  /-- whether these are all values of the type -/
  complete : Bool := false
  deriving Inhabited

/-- What is known of types, and when to stop. -/
structure Enumeration where
  library : LibraryModules
  known : IO.Ref (Std.HashMap (Expr × Nat) Choice)
  /-- types of which no value was found -/
  uncovered : IO.Ref (Array String)
  /-- in milliseconds of the monotonic clock -/
  deadline : Nat
  /-- how many propositions may still be evaluated by compiled code -/
  compilations : IO.Ref Nat

abbrev EnumM := ReaderT Enumeration TermElabM

def Enumeration.new (library : LibraryModules) (milliseconds : Nat) : BaseIO Enumeration := do
  return { library, known := ← IO.mkRef {}, uncovered := ← IO.mkRef #[], deadline := (← IO.monoMsNow) + milliseconds
           compilations := ← IO.mkRef 40 }

def outOfTime : EnumM Bool := do
  if ← Core.checkInterrupted *> pure false then return true
  return (← IO.monoMsNow) ≥ (← read).deadline

def oneLine (e : Expr) : MetaM String := return ((← ppExpr e).pretty (width := 100000))

/-- A text as an argument. -/
def asArgument (text : String) : String :=
  let isAtom := !(text.any Char.isWhitespace) && !text.startsWith "-"
  let isClosed := text.startsWith "(" && text.endsWith ")" || text.startsWith "[" && text.endsWith "]"
  if isAtom || isClosed && !(text.toSlice.drop 1).any (fun c => c == '(' || c == '[') then text else s!"({text})"

/-- The text of a value as an argument. -/
def Value.text (value : Value) : MetaM String := do
  match value.text? with
  | some text => return text
  | none => return asArgument (← oneLine value.term)

/-- The term that a text stands for, of a type. -/
def read? (text : String) (type : Expr) : TermElabM (Option Expr) := do
  let .ok stx := Parser.runParserCategory (← getEnv) `term text | return none
  let saved ← saveState
  try
    let term ← Term.withoutErrToSorry do Term.elabTermEnsuringType stx type
    Term.synthesizeSyntheticMVarsNoPostponing
    let term ← instantiateMVars term
    if term.hasExprMVar || term.hasSorry then
      saved.restore
      return none
    return some term
  catch _ =>
    saved.restore
    return none

/-- The values among some texts that are of a type. -/
def reading (type : Expr) (texts : List String) : TermElabM (Array Value) := do
  let found ← texts.filterMapM fun text => do
    let some term ← read? text type | return none
    return some { term, text? := some (asArgument text) : Value }
  return found.toArray

/-- Numerals of a type. -/
def numerals (type : Expr) (numbers : List Int) : MetaM (Array Value) := do
  let found ← numbers.mapM fun n => do
    let size ← mkNumeral type n.natAbs
    return { term := ← if n < 0 then mkAppM ``Neg.neg #[size] else pure size : Value }
  return found.toArray

/-- The terms among some that are of a type; making one may fail. -/
def making (type : Expr) (terms : List (MetaM Expr)) : MetaM (Array Value) := do
  let found ← terms.filterMapM fun make => do
    try
      let term ← make
      if ← isDefEq (← inferType term) type then return some { term : Value } else return none
    catch _ => return none
  return found.toArray

/-- Types that a type variable may stand for. -/
def carriers : Array Value :=
  let fin (n : Nat) := mkApp (mkConst ``Fin) (mkNatLit n)
  #[fin 2, fin 1, fin 3, mkConst ``Nat, mkConst ``Bool, mkConst ``Int, mkApp (mkConst ``List [levelZero]) (fin 2), fin 6,
    mkConst ``Empty].map fun term => { term }

/-- All ways to choose one of `options` for each of `count` places, as long as there are not too many. -/
def tables (options : Array α) (count limit : Nat) : Array (Array α) := Id.run do
  let mut rows := #[#[]]
  for _ in [0:count] do
    rows := rows.flatMap fun row => options.map row.push
    if rows.size > limit then rows := rows.extract 0 limit
  return rows

/-- How many options for each of `count` places make at most `limit` tables. -/
def affordable (count limit : Nat) : Nat := Id.run do
  let mut options := 1
  while (options + 1) ^ count ≤ limit && options < limit do options := options + 1
  return options

/-- A lambda term that chooses by equations between its variables and values; `none` without decidable equality. -/
def chosenBy? (domain : Expr) (cases : Array (Expr × Expr)) (last : Expr) : MetaM (Option Expr) := do
  try
    withLocalDeclD `x domain fun x => do
      let body ← cases.foldrM (init := last) fun (value, result) other => do
        mkAppOptM ``ite #[none, ← mkEq x value, none, result, other]
      return some (← mkLambdaFVars #[x] body)
  catch _ => return none

/-- Whether variables have these values, or other ones, as a proposition about `xs`. -/
def anyOf (xs : Array Expr) (rows : Array (Array Expr)) : MetaM Expr := do
  let atoms ← rows.mapM fun row => do
    let equations ← (xs.zip row).mapM fun (x, v) => mkEq x v
    return (equations.extract 0 (equations.size - 1)).foldr (init := equations.back!) fun a b => mkAnd a b
  match atoms.back? with
  | none => return mkConst ``False
  | some last => return (atoms.extract 0 (atoms.size - 1)).foldr (init := last) fun a b => mkOr a b

/-- Whether a closed proposition holds, decided by its instance and the kernel, or by compiled code. -/
unsafe def decidedByCode (p : Expr) (inst : Expr) : MetaM (Option Bool) := do
  try
    let value ← evalExpr Bool (mkConst ``Bool) (mkApp2 (mkConst ``Decidable.decide) p inst) (safety := .unsafe)
    return some value
  catch _ => return none

@[implemented_by decidedByCode]
opaque compiledTruth (p : Expr) (inst : Expr) : MetaM (Option Bool)

/-- Whether two natural numbers compare as a proposition says: what is asked most often needs no instance. -/
def comparedNumbers (p : Expr) : MetaM (Option Bool) := do
  let compared? := match p.getAppFnArgs with
    | (``LT.lt, #[.const ``Nat _, _, a, b]) => some (mkNatAdd a (mkNatLit 1), b)
    | (``LE.le, #[.const ``Nat _, _, a, b]) => some (a, b)
    | _ => none
  let some (a, b) := compared? | return none
  match Kernel.whnf (← getEnv) {} (mkApp2 (mkConst ``Nat.ble) a b) with
  | .ok (.const ``Bool.true _) => return some true
  | .ok (.const ``Bool.false _) => return some false
  | _ => return none

/-- Whether a closed proposition holds by its decidable instance, as the kernel evaluates it. -/
def kernelTruth (p inst : Expr) : MetaM (Option Bool) := do
  match Kernel.whnf (← getEnv) {} (mkApp2 (mkConst ``Decidable.decide) p inst) with
  | .ok (.const ``Bool.true _) => return some true
  | .ok (.const ``Bool.false _) => return some false
  | _ => return none

def decidable? (p : Expr) : MetaM (Option Expr) := do
  try synthInstance? (mkApp (mkConst ``Decidable) p) catch _ => return none

/-- Whether a closed proposition with a decidable instance holds. -/
def decided (p : Expr) : EnumM (Option Bool) := do
  if let some known := ← comparedNumbers p then return known
  let some inst ← decidable? p | return none
  if let some known ← kernelTruth p inst then return known
  let left ← (← read).compilations.modifyGet fun n => (n, n - 1)
  if left == 0 || p.hasSorry then return none
  compiledTruth p inst

/-- Names of the inductive type and its facts, where values are made by constructors. -/
def inductive? (type : Expr) : MetaM (Option InductiveVal) := do
  let some name := type.getAppFn.constName? | return none
  match (← getEnv).find? name with
  | some (.inductInfo info) => return some info
  | _ => return none

/-- What values made by constructors are wanted. -/
structure Filling where
  type : Expr
  /-- whether some field is a proof -/
  lawful : Bool
  depth : Nat
  limit : Nat

mutual

/-- Some values of a closed type. -/
partial def choice (type : Expr) (depth : Nat := 3) : EnumM Choice := do
  let type ← instantiateMVars type
  if let some known := (← (← read).known.get)[(type, depth)]? then return known
  let found ← try newChoice type depth
    catch e => if e.isInterrupt || e.isRuntime then throw e else pure {}
  (← read).known.modify (·.insert (type, depth) found)
  return found

partial def newChoice (type : Expr) (depth : Nat) : EnumM Choice := do
  if (← isClass? type).isSome then
    if let some inst ← synthInstance? type then
      return { values := #[{ term := inst, text? := some "inferInstance" }], complete := true }
    return ← constructed type depth
  let type ← whnf type
  match type with
  | .sort .zero => return { values := #[{ term := mkConst ``False }, { term := mkConst ``True }], complete := true }
  | .sort (.succ .zero) => return { values := carriers }
  | .sort _ => return {}
  | .forallE .. => functions type depth
  | _ =>
    let some name := type.getAppFn.constName? | return {}
    if name == ``Fin then
      let some n ← (evalNat (← whnf type.appArg!)).run | return {}
      return { values := ← numerals type ((List.range (min n 8)).map Int.ofNat), complete := n ≤ 8 }
    match name with
    | ``Nat => return { values := ← numerals type [0, 1, 2, 3, 4, 5, 7, 9, 6, 8, 12, 10, 15, 16, 25, 100] }
    | ``Int => return { values := ← numerals type [0, 1, -1, 2, -2, 3, -3, 5, -5, 4, -4, 7, 9, 10, -10] }
    | ``Char => return { values := #['a', 'b', 'A', ' ', '0'].map fun c => { term := toExpr c } }
    | ``String => return { values := #["", "a", "b", "ab", "ba", "aa"].map fun t => { term := mkStrLit t } }
    | ``BitVec => return { values := ← numerals type [0, 1, -1, 2, 3, 5, 8] }
    | ``UInt8 | ``UInt16 | ``UInt32 | ``UInt64 | ``USize => return { values := ← numerals type [0, 1, 2, 255] }
    | ``Float => return {}
    | _ => constructed type depth

/-- Some functions and predicates. -/
partial def functions (type : Expr) (depth : Nat) : EnumM Choice := do
  if depth == 0 then return {}
  let isPredicate ← forallTelescope type fun _ range => return range.isProp
  if isPredicate then
    let found? ← forallTelescope type fun xs _ => do
      let domains ← xs.mapM (inferType ·)
      if domains.any fun d => xs.any fun x => d.containsFVar x.fvarId! then return none
      return some domains
    let some domains := found? | return {}
    if ← domains.anyM (Meta.isProp ·) then return { values := ← reading type ["fun _ => True", "fun _ => False"] }
    return ← predicates type domains depth
  let .forallE _ domain range _ := type | return {}
  if range.hasLooseBVars then return {}
  let results ← choice range (depth - 1)
  let constants := (results.values.extract 0 4).map fun v => { term := .lam `x domain v.term .default : Value }
  if ← Meta.isProp domain then return { values := constants.extract 0 2 }
  let arguments ← choice domain (depth - 1)
  let few := arguments.values.extract 0 4
  if few.isEmpty then
    return { values := constants ++ (← reading type (if arguments.complete then ["fun x => nomatch x"] else [])) }
  let whole := arguments.complete && arguments.values.size ≤ 4
  let known ← if whole && few.size ≤ 2 && !range.isForall then pure #[] else making type (known domain range)
  let sixth ← if domain.isAppOfArity ``Fin 1 && arguments.values.size == 6 then reading type (sixfold range.isForall) else pure #[]
  let options := results.values.extract 0 (affordable (if whole then few.size else min few.size 2) 36)
  let places := if whole then few.size - 1 else min few.size 1
  let made ← (tables options (places + 1) 40).filterMapM fun row => do
    if row.all (·.term == row[0]!.term) then return none
    let cases := (few.extract 0 places).mapIdx fun i v => (v.term, row[i]!.term)
    return (← chosenBy? domain cases row.back!.term).map fun term => { term }
  let made ← if made.isEmpty then casesOf domain options else pure made
  let complete := whole && results.complete && options.size == results.values.size && (!made.isEmpty || options.size == 1)
  return { values := sixth ++ known ++ constants ++ made, complete }
where
  /-- Functions that people know. -/
  known (domain range : Expr) : List (MetaM Expr) :=
    let one (make : Expr → MetaM Expr) := withLocalDeclD `x domain fun x => do mkLambdaFVars #[x] (← make x)
    let two (make : Expr → Expr → MetaM Expr) :=
      withLocalDeclD `x domain fun x => withLocalDeclD `y domain fun y => do mkLambdaFVars #[x, y] (← make x y)
    let by2 (name : Name) := two fun x y => mkAppM name #[x, y]
    let leftUnit := two fun x y => do
      mkAppOptM ``ite #[none, ← mkEq x (← mkNumeral domain 0), none, y, x]  -- the least monoid that is not commutative
    if range.isForall then [by2 ``HAdd.hAdd, leftUnit, by2 ``HMul.hMul, two fun x _ => return x, two fun _ y => return y,
      by2 ``HSub.hSub, by2 ``Max.max, by2 ``HAppend.hAppend]
    else if domain == range then
      [one fun x => return x, one fun x => do mkAppM ``HAdd.hAdd #[x, ← mkNumeral domain 1],
        one fun x => do mkAppM ``HMul.hMul #[← mkNumeral domain 2, x], one fun x => mkAppM ``Neg.neg #[x],
        one fun x => mkAppM ``HMul.hMul #[x, x], one fun x => do mkAppM ``HSub.hSub #[x, ← mkNumeral domain 1]]
    else [one fun x => do
      mkAppM ``BEq.beq #[← mkAppM ``HMod.hMod #[x, ← mkNumeral domain 2], ← mkNumeral domain 0]]

/-- The symmetric group of three points and its inverses, as functions on `Fin 6`. -/
partial def sixfold (two : Bool) : List String :=
  if two then ["fun x y => Fin.ofNat 6 ((if x.val < 3 then x.val + y.val else x.val + 3 - y.val % 3) % 3 + 3 * ((x.val / 3 + y.val / 3) % 2))"]
  else ["fun x => if x.val < 3 then Fin.ofNat 6 ((3 - x.val) % 3) else x"]

/-- Functions that look at the constructor of their argument only. -/
partial def casesOf (domain : Expr) (options : Array Value) : EnumM (Array Value) := do
  let some info ← inductive? domain | return #[]
  if info.numIndices != 0 || options.size < 2 || info.ctors.length > 6 || info.ctors.length < 2 then return #[]
  let rows := tables (options.extract 0 3) info.ctors.length 12
  rows.filterMapM fun row => do
    if row.all (·.term == row[0]!.term) then return none
    let arms ← info.ctors.mapIdxM fun i ctor => do
      let .ctorInfo c ← getConstInfo ctor | return ""
      let fields := " ".intercalate (List.replicate c.numFields "_")
      return s!" | .{ctor.getString!} {fields} => {← row[i]!.text}"
    let text := s!"(fun x => match x with{"".intercalate arms})"
    let range ← inferType row[0]!.term
    let some term ← read? text (← mkArrow domain range) | return none
    return some { term, text? := some text }

/-- Predicates and relations, as tables of where they hold. -/
partial def predicates (type : Expr) (domains : Array Expr) (depth : Nat) : EnumM Choice := do
  let about (make : Array Expr → MetaM Expr) : MetaM Expr := forallTelescope type fun xs _ => do mkLambdaFVars xs (← make xs)
  let found ← making type ([about fun _ => return mkConst ``True, about fun _ => return mkConst ``False]
    ++ if domains.size == 2 && domains[0]! == domains[1]! then
      [about fun xs => mkEq xs[0]! xs[1]!, about fun xs => return mkNot (← mkEq xs[0]! xs[1]!),
        about fun xs => mkAppM ``LT.lt xs, about fun xs => mkAppM ``LE.le xs]
    else [])
  let choices ← domains.mapM fun d => choice d (depth - 1)
  let mut rows : Array (Array Expr) := #[#[]]
  for c in choices do
    rows := rows.flatMap fun row => (c.values.extract 0 4).map fun v => row.push v.term
  rows := rows.extract 0 9
  let whole := choices.all fun c => c.complete && c.values.size ≤ 4
  let sets := subsets rows
  let made ← sets.mapM fun set => do
    return { term := ← about fun xs => anyOf xs set : Value }
  return { values := found ++ made, complete := whole && rows.size ≤ 4 }
where
  /-- All sets of few rows; of more, those of one and of two, and their complements. -/
  subsets (rows : Array (Array Expr)) : Array (Array (Array Expr)) := Id.run do
    let mut sets := #[]
    if rows.size ≤ 4 then
      for mask in [1:2 ^ rows.size - 1] do
        sets := sets.push ((rows.zipIdx.filter fun (_, i) => mask.testBit i).map (·.1))
    else
      for i in [0:rows.size] do
        sets := sets.push #[rows[i]!]
        sets := sets.push ((rows.extract 0 i) ++ (rows.extract (i + 1) rows.size))
      for i in [0:rows.size] do
        for j in [0:i] do sets := sets.push #[rows[j]!, rows[i]!]
    return sets.qsort fun a b => a.size < b.size

/-- Values made by constructors; of a class without an instance, its small models. -/
partial def constructed (type : Expr) (depth : Nat) : EnumM Choice := do
  let some info ← inductive? type | return {}
  if info.isUnsafe then return {}
  let parameters := type.getAppArgs.extract 0 info.numParams
  let lawful ← info.ctors.anyM fun ctor => do
    let head := mkAppN (.const ctor type.getAppFn.constLevels!) parameters
    forallTelescope (← inferType head) fun xs _ => xs.anyM fun x => do Meta.isProp (← inferType x)
  let mut found : Array Value := #[]
  let mut complete := !info.isRec
  for ctor in info.ctors do
    let head := mkAppN (.const ctor type.getAppFn.constLevels!) parameters
    let state : Filling := { type, lawful, depth, limit := if lawful then 3 else 12 }
    let (values, all) ← fill state head (Array.replicate info.numParams "_") false (← inferType head) #[]
    found := found ++ values
    complete := complete && all
  return { values := found.qsort fun a b => a.term.sizeWithoutSharing < b.term.sizeWithoutSharing, complete }

/-- Applications of a constructor to small values, added to `found`, and whether they are all. -/
partial def fill (state : Filling) (e : Expr) (words : Array String) (proofs : Bool) (type : Expr)
    (found : Array Value) : EnumM (Array Value × Bool) := do
  if found.size ≥ state.limit || (← outOfTime) then return (found, false)
  match ← whnf type with
  | .forallE _ domain range _ =>
    if ← Meta.isProp domain then
      match ← truth domain with
      | some false => return (found, true)
      | some true =>
        let proof ← mkSorry domain true
        fill state (.app e proof) (words.push "(by decide)") true (range.instantiate1 proof) found
      | none => return (found, false)
    else
      let isRecursive := domain.getAppFn == state.type.getAppFn
      if isRecursive && state.depth == 0 then return (found, false)
      let options ← choice domain (if isRecursive || !state.lawful then state.depth - 1 else state.depth)
      let few := if state.lawful then 40 else if state.depth ≥ 3 then 4 else 3
      let mut found := found
      let mut complete := options.complete && options.values.size ≤ few
      for v in options.values.extract 0 few do
        let word ← if state.lawful || proofs then v.text else pure ""
        let (more, all) ← fill state (.app e v.term) (words.push word) (proofs || (v.text?.any (·.startsWith "(@")))
          (range.instantiate1 v.term) found
        found := more
        complete := complete && all
      return (found, complete)
  | result =>
    unless ← isDefEq result state.type do return (found, true)
    if !proofs then return (found.push { term := e }, true)
    let name ← shortName e.getAppFn.constName!
    return (found.push { term := e, text? := some s!"(@{name} {" ".intercalate words.toList})" }, true)

/-- Whether a closed proposition holds, where that can be evaluated. -/
partial def truth (p : Expr) (fuel : Nat := 24) : EnumM (Option Bool) := do
  if fuel == 0 || (← outOfTime) then return none
  let p := (← instantiateMVars p).headBeta.consumeMData
  match p with
  | .forallE _ domain body _ =>
    if ← Meta.isProp domain then
      match ← truth domain (fuel - 1) with
      | some false => return some true
      | some true => truth (← body1 domain body) (fuel - 1)
      | none => if (← truth (← body1 domain body) (fuel - 1)) == some true then return some true else return none
    else
      let options ← choice domain 2
      if options.complete && body.isForall then  -- the kernel goes through all values faster
        if let some inst ← decidable? p then
          if let some known ← kernelTruth p inst then return known
      overAll options (fun v => body.instantiate1 v) true
  | .letE _ _ value body _ => truth (body.instantiate1 value) (fuel - 1)
  | _ =>
  match p.getAppFnArgs with
  | (``True, _) => return some true
  | (``False, _) => return some false
  | (``And, #[a, b]) =>
    match ← truth a (fuel - 1) with
    | some false => return some false
    | some true => truth b (fuel - 1)
    | none => if (← truth b (fuel - 1)) == some false then return some false else return none
  | (``Or, #[a, b]) =>
    match ← truth a (fuel - 1) with
    | some true => return some true
    | some false => truth b (fuel - 1)
    | none => if (← truth b (fuel - 1)) == some true then return some true else return none
  | (``Not, #[a]) => return (← truth a (fuel - 1)).map (!·)
  | (``Ne, #[_, a, b]) => return (← truth (← mkEq a b) (fuel - 1)).map (!·)
  | (``Iff, #[a, b]) => same a b
  | (``Exists, #[domain, body]) => return (← overAll (← choice domain 2) (fun v => (mkApp body v).headBeta) false)
  | (``Eq, #[type, a, b]) =>
    let type ← whnf type
    if type.isProp then return ← same a b
    if let .forallE _ domain _ _ := type then
      if a == b then return some true
      return ← overAll (← choice domain 2)
        (fun v => mkApp3 (mkConst ``Eq [levelOne]) (type.bindingBody!.instantiate1 v) (mkApp a v).headBeta (mkApp b v).headBeta) true
    match sameValue (← getEnv) a b with
    | some known => return some known
    | none => decided p
  | _ =>
    if let some known ← decided p then return some known
    match ← (try unfoldDefinition? p catch _ => pure none) with
    | some unfolded => truth (← whnfCore unfolded) (fuel - 1)
    | none =>
      let reduced ← whnfCore p
      if reduced == p then return none else truth reduced (fuel - 1)
where
  body1 (domain body : Expr) : EnumM Expr := do
    if body.hasLooseBVars then return body.instantiate1 (← mkSorry domain true) else return body
  same (a b : Expr) : EnumM (Option Bool) := do
    let (some a, some b) := (← truth a (fuel - 1), ← truth b (fuel - 1)) | return none
    return some (a == b)
  /-- Whether all values satisfy something, or whether one does. -/
  overAll (options : Choice) (body : Expr → Expr) (all : Bool) : EnumM (Option Bool) := do
    let mut known := options.complete
    for v in options.values.extract 0 (if options.complete then 64 else 5) do
      match ← truth (body v.term) (fuel - 1) with
      | some value => if value != all then return some !all
      | none => known := false
    return if known then some all else none

end

end Gateway
