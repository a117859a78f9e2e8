import Gateway.Source
/-!
Compiles the gateway's own modules, given in import order as `name path` pairs, to `.olean` files.
-/
open Lean

def report (source : Gateway.Source) : IO Bool := do
  for message in source.messages do
    IO.println (← message.toString)
  return source.messages.any (·.severity == .error)

partial def build (environments : Gateway.Environments) (out : String) (stubs : Bool) : List String → IO UInt32
  | mod :: path :: rest => do
    let source ← Gateway.elaborate environments
      { text := ← IO.FS.readFile path, fileName := path, mainModule := mod.toName }
    if ← report source then return 1
    let file : System.FilePath := modToFilePath out mod.toName "olean"
    if let some dir := file.parent then IO.FS.createDirAll dir
    Gateway.writeOlean source.after.env mod.toName file stubs
    build environments out stubs rest
  | _ => return 0

def main : List String → IO UInt32
  | out :: stubs :: modules => do
    searchPathRef.modify (out :: ·)
    build (← Gateway.Environments.new) out (stubs == "stubs") modules
  | _ => return 2
