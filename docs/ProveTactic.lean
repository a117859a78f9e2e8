import Lean
/-!
`prove?` asks a running `prover serve` for a proof of the goal, and offers it as "Try this: …".

Copy this file into your project and import it; it needs nothing but Lean and `curl`. The file is sent as the editor has
it, with `sorry` in place of `prove?`, so nothing needs to be saved. `prove? 120` searches for up to 120 seconds.
The socket is that of `PROVER_SOCKET`, else `server.sock` in `PROVER_HOME`, else the one in the user's directory.
-/
open Lean Elab Tactic

namespace ProverClient

/-- Where the server listens. -/
def socket : IO String := do
  if let some path ← IO.getEnv "PROVER_SOCKET" then return path
  if let some home ← IO.getEnv "PROVER_HOME" then return home ++ "/server.sock"
  if let some data ← IO.getEnv "XDG_DATA_HOME" then return data ++ "/prover/server.sock"
  return ((← IO.getEnv "HOME").getD "") ++ "/.local/share/prover/server.sock"

/-- The bytes of the first of these pieces of syntax that stands in the present file and is a call of this tactic. -/
def place? (source : ByteArray) (candidates : List Syntax) : Option (Nat × Nat) :=
  candidates.findSome? fun stx => do
    let range ← stx.getRange?
    let (start, stop) := (range.start.byteIdx, range.stop.byteIdx)
    let text := source.extract start stop
    guard (["prove?", "try?"].any fun word => (text.extract 0 word.utf8ByteSize).data == word.toUTF8.data)
    return (start, stop)

/-- The request for a proof at the place of a piece of syntax, of the file with `sorry` there. -/
def request (stx : Syntax) (seconds : Nat) : CoreM Json := do
  let map ← getFileMap
  let source := map.source.toUTF8
  let some (start, stop) := place? source [stx, ← getRef]
    | throwError "prove? cannot tell where it stands in the file"
  let position := map.toPosition ⟨start⟩
  let text := String.fromUTF8! (source.extract 0 start) ++ "sorry" ++ String.fromUTF8! (source.extract stop source.size)
  return Json.mkObj [("file_path", toJson (← getFileName)), ("line", toJson position.line),
    ("column", toJson (position.column + 1)), ("text", toJson text), ("timeout_s", toJson seconds)]

/-- The proof in the server's answer. -/
def proofIn (answer : String) : Except String String := do
  let json ← Json.parse answer
  if let .ok error := json.getObjVal? "error" then throw (← error.getObjValAs? String "message")
  match json.getObjValAs? String "proof" with
  | .ok proof => return proof
  | .error _ => throw ((json.getObjValAs? String "reason").toOption.getD "no proof was found")

/-- Sends a request and returns the proof. -/
def ask (body : Json) (seconds : Nat) : IO (Except String String) := do
  let path ← socket
  let child ← IO.Process.spawn {
    cmd := "curl"
    args := #["--silent", "--show-error", "--max-time", toString (seconds + 600), "--unix-socket", path,
      "--data-binary", "@-", "http://localhost/v1/fill"]
    stdin := .piped, stdout := .piped, stderr := .piped }
  let (stdin, child) ← child.takeStdin
  stdin.putStr body.compress
  stdin.flush
  let _ := stdin -- closed here
  let answer ← child.stdout.readToEnd
  let trouble ← child.stderr.readToEnd
  if (← child.wait) != 0 then return .error s!"no server answers at {path}: {trouble}start `prover serve`"
  return proofIn answer

/-- Asks the prover for a proof, and offers it. -/
syntax (name := proveTactic) "prove?" (ppSpace num)? : tactic

@[tactic proveTactic] def evalProve : Tactic := fun stx => do
  let seconds := if stx[1].isNone then 30 else stx[1][0].isNatLit?.getD 30
  match ← ask (← request stx seconds) seconds with
  | .error reason => throwError "prove?: {reason}"
  | .ok proof =>
    match Parser.runParserCategory (← getEnv) `tactic s!"({proof}\n)" with
    | .error reason => throwError "prove?: the proof cannot be read: {reason}\n{proof}"
    | .ok tactic => evalTactic tactic
    Meta.Tactic.TryThis.addSuggestion stx { suggestion := .string proof }

end ProverClient

-- From Lean 4.26 on, `try?` asks too; leave this line out with an older Lean.
register_try?_tactic (priority := 500) prove?
