"""Stands in for `lake` and `lean` in tests of LeanDojo: does what LeanDojo asks of them, as far as it looks.

Called as `standin.py lake …` or `standin.py lean …`. Building touches `.olean` files; extracting puts the syntax
trees that a real Lean gave (`trees/`, see Record.lean) where LeanDojo's extractor does; the interactive tactic
answers from the table below. STANDIN_BROKEN names a step that fails, as it does with a Lean that is too new.
STANDIN_SEEN is a file that gets a line for each call.
"""

import json
import os
import shutil
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
LEAN_SOURCES = ".lake/packages/lean4/src/lean"

BOTH = "a b : Nat\nh : a = b\n⊢ b = a ∧ double 0 = 0"
LEFT, RIGHT = "case left\na b : Nat\nh : a = b\n⊢ b = a", "case right\na b : Nat\nh : a = b\n⊢ double 0 = 0"
DONE = "no goals"
ODD = "⊢ p ⊢ q"
"""a goal that LeanDojo cannot take apart"""
STEPS = {
    BOTH: {"constructor": f"{LEFT}\n\n{RIGHT}", "odd": ODD},
    f"{LEFT}\n\n{RIGHT}": {"exact h.symm": RIGHT, "swap": f"{RIGHT}\n\n{LEFT}"},
    RIGHT: {"exact double_zero": DONE},
}
PROOF = "by\n  constructor\n  · exact h.symm\n  · exact double_zero\n"


def main(program: str, arguments: list[str]) -> int:
    if seen := os.environ.get("STANDIN_SEEN"):
        with open(seen, "a") as out:
            out.write(f"{program} {' '.join(arguments)} token={os.environ.get('GITHUB_ACCESS_TOKEN')}\n")
    match program, arguments:
        case "lake", ["env", "lean", *rest]:
            return lean(rest)
        case "lake", ["build", *_]:
            return build()
        case "lake", _:
            return 1  # no cache to get
        case _:
            return lean(arguments)


def lean(arguments: list[str]) -> int:
    match arguments:
        case ["--version"]:
            print("Lean (version 4.20.0, x86_64-unknown-linux-gnu, commit 77cfc4d1a4f6, Release)")
            return 0
        case ["--print-prefix"]:
            print(os.environ["STANDIN_PREFIX"])
            return 0
        case [*_, "--run", "ExtractData.lean", "noDeps"]:
            return extract()
        case ["--json", file]:
            return report(Path(file))
        case [*_, file]:
            text = Path(file).read_text()
            return interact() if "lean_dojo_repl" in text else 0 if PROOF in text else 1
    return 2


def sources() -> list[Path]:
    return [file for file in Path().rglob("*.lean") if ".lake" not in file.parts]


def build() -> int:
    if os.environ.get("STANDIN_BROKEN") == "build":
        print("error: Demo/Base.lean:3:0: unexpected token")
        return 1
    for file in sources():
        olean = ".lake/build/lib/lean" / file.with_suffix(".olean")
        olean.parent.mkdir(parents=True, exist_ok=True)
        olean.touch()
    return 0


def extract() -> int:
    if os.environ.get("STANDIN_BROKEN") == "extract":
        print("ExtractData.lean:9:15: error: unknown constant 'String.Pos'", file=sys.stderr)
        return 1
    for file in (HERE / "trees").rglob("*.ast.json"):
        tree = ".lake/build/ir" / file.relative_to(HERE / "trees")
        tree.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, tree)
    for source in sources():
        imports = [line.split()[1] for line in source.read_text().splitlines() if line.startswith("import ")]
        paths = [f"{LEAN_SOURCES}/Init.lean", *(f"{name.replace('.', '/')}.lean" for name in imports)]
        if source.name not in ("Lean4Repl.lean", "ExtractData.lean"):
            (".lake/build/ir" / source.with_suffix(".dep_paths")).write_text("\n".join(paths))
    return 0


def report(file: Path) -> int:
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if line.strip() == "sorry":
            place = {"line": number, "column": line.index("sorry")}
            words = "declaration uses 'sorry'"
            print(json.dumps({"fileName": str(file), "pos": place, "severity": "warning", "data": words}))
    return 0


def say(state: int | None, goals: str | None, error: str | None = None) -> None:
    print("REPL> " + json.dumps({"sid": state, "tacticState": goals, "error": error}, ensure_ascii=False), flush=True)


def interact() -> int:
    states = [BOTH]
    say(0, BOTH)
    while line := sys.stdin.readline():
        request = json.loads(line)
        match request["cmd"].split():
            case ["hang"]:
                time.sleep(1.5)
                say(len(states), DONE)  # late, and as the answer to the next tactic a lie
            case ["die"]:
                return 1
            case ["sorry"]:
                say(None, None, "proof contains `sorry`")
            case ["exact", *words] if len(words) > 1000:
                say(None, None, f"{len(words)} words")
            case _:
                found = STEPS.get(states[request["sid"]], {}).get(request["cmd"])
                if found is None:
                    say(None, None, "unknown tactic")
                else:
                    states.append(found)
                    say(len(states) - 1, found)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
