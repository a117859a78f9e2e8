"""Writes docs/commands.md from the command line itself: `python -m prover.cli.reference > docs/commands.md`."""

import re
import sys
from collections.abc import Iterator

import click

from prover.cli.main import COMMANDS, cli

EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {
    "prove": (
        ("prover prove --repo DIR --theorem NAME", "prove one theorem and print a patch"),
        ("prover prove --repo DIR --all --timeout 20 --json report.json", "every theorem with a `sorry`, 20 s each"),
        ("prover prove --repo DIR --theorem NAME --apply", "write the proof into the file"),
        ("prover prove --repo URL@REV --file FILE --line 75", "the theorem at a line, at a branch, tag or commit"),
        ("prover prove --repo URL@REV#DIR --all", "a package in a directory of a repository"),
        ("prover prove --repo DIR --all --generators automation,structure,memory", "recall tactics of earlier proofs"),
        ("prover prove --repo DIR --all --generators automation,structure,premises", "use retrieved premises"),
        ("prover prove --repo DIR --all --model NAME", "ask a language model: trained here, on the hub, or served"),
        ("prover prove --repo DIR --all --model URL#NAME --mode agent --rounds 6", "in rounds with a strong model"),
        ("prover prove --repo DIR --all --toolchain native", "use elan's Lean and Lake"),
    ),
    "status": (("prover status --repo DIR --json status.json", "what is open, and what each proof would unlock"),),
    "apply": (
        ("prover apply 12 --repo DIR", "write the proofs of a run into the files"),
        ("prover apply 12 --repo DIR --patch proofs.patch", "as one patch for `git apply`"),
        ("prover apply --all --repo DIR --commit each", "one commit for each theorem, on a new branch"),
    ),
    "refute": (
        ("prover refute --repo DIR --theorem NAME", "a counterexample, a proof, or neither"),
        ("prover refute --repo DIR --all --json", "every theorem with a `sorry`"),
    ),
    "suggest": (("prover suggest --repo DIR --theorem NAME", "tactics for its goal, with the goals that each leaves"),),
    "check": (
        (
            "prover check --repo DIR --theorem NAME --proof FILE",
            "check another proof: tactics, a term or the whole theorem",
        ),
        ("prover check --repo DIR --theorem NAME --level 5", "check the proof that the theorem has, on all levels"),
        ("prover check --repo DIR --all --json", "audit every file of a repository"),
    ),
    "audit": (("prover audit FILE --strict", "audit one file; refuse what is only suspicious too"),),
    "informalize": (("prover informalize --repo DIR --theorem NAME", "what a theorem states, in words, by rules"),),
    "simulate-model": (
        ("prover simulate-model --repo DIR --skill 0.6 --port 8000", "a server that plays a model of known skill"),
    ),
    "session list": (("prover session list --theorem NAME", "what models were asked about a theorem"),),
    "session show": (("prover session show 12", "a question with its answers, and what became of them"),),
    "session rate": (("prover session rate 12 --correct 6 --helpful 3", "rate the answers"),),
    "session export": (("prover session export --out FILE.jsonl --rated 4", "examples for training"),),
    "models list": (("prover models list", "all models with their kind, loss and proofs"),),
    "models show": (("prover models show NAME", "how a model was made and what it proved"),),
    "models remove": (("prover models remove NAME", "delete the files of a model"),),
    "trace": (
        ("prover trace --repo URL_OR_PATH@REV", "store theorems, tactic steps and premises in the database"),
        ("prover trace --repo DIR --format leandojo --out DIR", "write LeanDojo's benchmark format"),
    ),
    "sorries": (("prover sorries --repo URL_OR_PATH@REV --json", "every missing proof, with a stable id"),),
    "index build": (
        ("prover index build --repo URL_OR_PATH@REV", "index the premises of a repository and of Lean's library"),
        ("prover index build --repo DIR --encoder MODEL_OR_PATH", "with the vectors of a transformer"),
    ),
    "index update": (("prover index update --repo DIR", "rebuild the index if it is out of date"),),
    "index status": (("prover index status --repo DIR", "what the index was made from"),),
    "search": (
        ('prover search "reverse of an append" --repo DIR -k 20', "by words or by part of a name"),
        ("prover search --goal '⊢ xs ++ [] = xs' --repo DIR", "premises for a goal"),
    ),
    "train generator": (
        ("prover train generator --repo DIR", "a small model, in minutes on a CPU"),
        ("prover train generator --repo DIR --base MODEL --lora", "fine-tune another model by low-rank adapters"),
    ),
    "train policy": (
        ("prover train policy", "from the logs of all searches so far"),
        ("prover train policy --repo DIR --minutes 30 --name NAME", "from searches for its theorems"),
    ),
    "train preferences": (
        ("prover train preferences --repo DIR --base NAME", "DPO: prefer what Lean accepts to what Lean refuses"),
    ),
    "train retriever": (
        ("prover train retriever --repo DIR --base MODEL_OR_PATH --out DIR", "fine-tune an encoder of premises"),
    ),
    "lean": (("prover lean FILE", "Lean's messages, as `lean` prints them"),),
    "build": (
        ("prover build --repo DIR", "compile it ahead of time, with what it imports of Mathlib and other packages"),
        ("prover build --repo DIR --module Mathlib.Tactic.Ring --jobs 2", "compile one module, and what that needs"),
    ),
    "repo add": (("prover repo add URL_OR_PATH@REV", "follow a branch, or keep a tag or commit"),),
    "repo list": (("prover repo list", "the list of repositories"),),
    "repo show": (("prover repo show NAME", "libraries, modules, packages, toolchains"),),
    "repo update": (("prover repo update", "fetch the newest commits"),),
    "repo remove": (("prover repo remove NAME", "remove a repository with its traces"),),
    "toolchain install": (("prover toolchain install", "once, with network"),),
    "toolchain list": (("prover toolchain list", "toolchains that can be used in this directory"),),
    "toolchain doctor": (("prover toolchain doctor", "what is wrong, and what isolation does not hold"),),
    "toolchain prune": (("prover toolchain prune", "free the space of earlier versions"),),
    "learn": (
        ("prover learn --repos FILE --rounds 2", "trace, train, prove and train again; continues after a kill"),
        ("prover learn --repos FILE --strategy ewc --dry-run", "print what would be done"),
    ),
    "report lifelong": (("prover report lifelong --out DIR", "forgetting, transfer and theorems gained"),),
    "sorrydb prove": (
        ("prover sorrydb prove --data FILE --out RESULTS.json", "each record in its repository, at its commit"),
        ("prover sorrydb prove --data FILE --out RESULTS.json --repo DIR", "in a directory that is there"),
    ),
    "sorrydb compete": (
        ("prover sorrydb compete --address URL --name NAME --count 10", "ten challenges of a leaderboard"),
    ),
    "watch": (
        ("prover watch", "the newest job of the running server"),
        ("prover watch 12", "the searches of a stored run, as they ended"),
    ),
    "serve": (
        ("prover serve --repo DIR", "on a Unix socket in the home directory"),
        ("prover serve --repo DIR --port 8765 --token-file FILE", "on a port of this computer, with a token"),
        ("prover serve --repo DIR --allow-write DIR", "requests may have proofs written into files below DIR"),
    ),
    "mcp": (
        ("prover mcp --repo DIR", "for agents that start it themselves"),
        ("prover mcp --repo DIR --http --port 8766 --token-file FILE", "over HTTP at /mcp"),
        ("prover mcp --repo DIR --disable refute", "without a tool"),
    ),
    "lsp": (("prover lsp --repo DIR", "code actions on `sorry`s and theorems, beside Lean's own server"),),
    "copilot": (
        ("prover copilot", "tactics for Lean Copilot, at the port that it asks by default"),
        ("prover copilot --repo DIR", "also premises of a repository, for leanpremise"),
        ("prover copilot --repo DIR --token-file FILE", "also checks of files, in the shape of Kimina's server"),
    ),
    "daemon start": (("prover daemon start --config FILE", "look after repositories in the background"),),
    "daemon run": (("prover daemon run --config FILE", "the same in the foreground, for containers"),),
    "daemon status": (("prover daemon status", "what it is doing"),),
    "daemon logs": (("prover daemon logs", "one JSON object per line"),),
    "daemon stop": (("prover daemon stop", "within five seconds"),),
    "curriculum plan": (
        ("prover curriculum plan --repos FILE", "order repositories by difficulty, as LeanAgent does"),
    ),
    "replay": (
        ("prover replay 12 NAME --html tree.html", "a page that draws the search for a theorem of run 12"),
        ("prover replay last --json", "goals and tactics of the last search"),
    ),
    "db upgrade": (("prover db upgrade", "after a new version was installed"),),
    "db status": (("prover db status", "where the database is and how much it holds"),),
    "db check": (("prover db check", "find damage"),),
    "db prune": (("prover db prune --keep 100", "keep the newest 100 MB of search logs"),),
    "db export": (("prover db export FILE", "everything as JSON Lines"),),
    "db import": (("prover db import FILE", "add what another database has"),),
    "db history": (("prover db history REPOSITORY THEOREM", "attempts and proofs of a theorem"),),
    "db describe": (("prover db describe", "the meaning of each table and column"),),
    "eval minif2f": (
        ("prover eval minif2f --split valid --data PATH", "miniF2F, with baselines in the same run"),
        ("prover eval minif2f --split valid --data PATH --mathlib DIR", "with what is compiled of Mathlib"),
        ("prover eval minif2f --split valid --data PATH --out DIR --resume", "continue after an interruption"),
    ),
    "eval putnambench": (("prover eval putnambench --data PATH", "PutnamBench"),),
    "eval proofnet": (("prover eval proofnet --data PATH", "ProofNet"),),
    "eval sorrydb": (("prover eval sorrydb --data FILE", "SorryDB's records, each in its repository"),),
    "eval leandojo": (("prover eval leandojo --data DIR --split random/val", "a split of LeanDojo's benchmark"),),
    "eval repository": (("prover eval repository --repo DIR", "every theorem, with its proof hidden"),),
    "eval FILE.jsonl": (
        ("prover eval FILE.jsonl --survey", "which statements run here, and why the others do not"),
        ("prover eval FILE.jsonl --split all --sample 50 --seed 1", "fifty problems of all splits, drawn at random"),
        ("prover eval FILE.jsonl --field statement=code --field name=id", "a file with names of its own"),
        ("prover eval FILE.jsonl --limit-seconds 3600 --out DIR", "an hour; --resume continues"),
    ),
    "eval retrieval": (
        ("prover eval retrieval --repo DIR --split novel_premises", "recall of retrieval on a traced repository"),
    ),
    "eval report": (
        ("prover eval report RUN --html", "a report with plots"),
        ("prover eval report RUN --against FILE --memory", "split by what was seen before"),
    ),
    "eval proof": (("prover eval proof RUN PROBLEM", "the file with the proof, as the gate accepted it"),),
    "eval compare": (("prover eval compare RUN_A RUN_B", "McNemar's exact test"),),
    "bench lean": (("prover bench lean", "start-up, overhead of a tactic, memory"),),
    "bench projects": (("prover bench projects", "the open theorems of lean_projects/"),),
    "bench mathlib": (("prover bench mathlib DIR --limit 40", "how fast Mathlib is compiled without elan"),),
    "bench soak": (("prover bench soak", "random kills of Lean"),),
    "bench gate": (("prover bench gate", "the time that the gate needs"),),
    "bench fuzz": (("prover bench fuzz", "mutated proofs and statements"),),
    "bench database": (("prover bench database", "a million tactic steps"),),
    "bench premises": (("prover bench premises", "theorems gained by retrieved premises"),),
    "bench memory": (("prover bench memory", "theorems gained by memory"),),
    "bench retrieval": (("prover bench retrieval", "an index of 200,000 premises"),),
    "bench models": (("prover bench models", "tactics per second of language models"),),
    "bench rounds": (("prover bench rounds --repo DIR --ablate", "a simulated model, the search, and rounds of both"),),
    "bench repositories": (("prover bench repositories FILE", "other people's repositories"),),
}
"""Command lines of each command, each with a phrase that says what it is for."""

HEADER = """\
# Commands

Generated by `python -m prover.cli.reference`; change the help texts in `prover/cli/` and the examples there instead.

"""

FOOTER = """\
## Exit status

| command | 0 | 1 | 2 | 3 |
| --- | --- | --- | --- | --- |
| `prove` | all proved | some not, or a file has errors | wrong usage or input | the gate refused a proof as wrong |
| `check`, `audit` | accepted | it could not be checked | wrong usage or input | refused |
| others | done | what the command's text says | wrong usage or input | what the command's text says |

130: interrupted.

## Reports for programs

`--json FILE` writes the result to a file; without a file, or with `-`, to standard output. For each theorem the report
of `prove` has `theorem` (empty for a file with errors, `example` for an example), `file`, `line`, `status` (`proved`,
`proved_given`, `open`, `error`), `rests_on` (the open theorems that a proof rests on, by full name), `proof`, `patch`,
`axioms`, `toolchain`, `seconds`, `gate_seconds`, `expansions`, `tactics_run` and more; `refused` is why the gate
refused a wrong proof, `undecided` why one could not be written or checked, and `remarks` has what keeps the file from
compiling although the proof is right. The patches of a file apply in the order of the report; `patch` beside the
theorems is one for all. Each result of `check` says up to which level, and by which Lean.

## Names and places

Where a command takes a theorem, give its full name or its place: `FILE#LINE`, also written `FILE#L75`, or
`MODULE:NAME`, where the name may lack its namespaces; `--theorem` may be left out. A place is needed for an `example`,
and where several files declare the name. A repository is a path or URL, `@` and a revision, `#` and a directory in it.

## Where files are kept

In the user directory of your platform, or under `PROVER_HOME` if it is set. The database is `prover.db` there, or what
`PROVER_DATABASE` names: `sqlite:///FILE`, or `postgresql://…` after `pip install 'prover[postgresql]'`. Repositories
are read, never written, unless you say `--apply`. Lake builds a copy, except in a directory that has a `.lake` and a
`lake-manifest.json` of its own; see [native-lean.md](native-lean.md).
"""


def leaf_commands() -> Iterator[tuple[str, click.Command]]:
    """Yields each command that is no group, with its full name without `prover`."""

    def below(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
        if not isinstance(command, click.Group):
            yield name, command
            return
        context = click.Context(command)
        for each in command.list_commands(context):
            if (subcommand := command.get_command(context, each)) is not None:
                yield from below(f"{name} {each}".strip(), subcommand)

    yield from below("", cli)


def reference() -> str:
    """Returns the text of docs/commands.md."""
    index = "\n".join(f"- **{name}**: {text}" for name, (_, text) in COMMANDS.items())
    listed: dict[tuple[str, ...], str] = {}
    sections = "\n".join(_section(name, command, listed) for name, command in leaf_commands())
    return f"{HEADER}{index}\n\n{sections}\n{FOOTER}"


def _section(name: str, command: click.Command, listed: dict[tuple[str, ...], str]) -> str:
    """Returns the section of a command; `listed` has the options of commands before it, with their names."""
    context = click.Context(command, info_name=f"prover {name}")
    arguments = [each.make_metavar(context) for each in command.params if isinstance(each, click.Argument)]
    lines = [f"## {' '.join(['prover', name, *arguments])}", "", _paragraphs(command.help or ""), ""]
    if name in EXAMPLES:
        width = max(len(line) for line, _ in EXAMPLES[name])
        lines += ["```", *(f"{line:<{width}}  # {purpose}" for line, purpose in EXAMPLES[name]), "```", ""]
    records = [each.get_help_record(context) for each in command.params if isinstance(each, click.Option)]
    options = tuple(f"- `{left}`{': ' if right else ''}{_one_line(right)}" for left, right in filter(None, records))
    same = listed.setdefault(options, name)
    if len(options) > 5 and same != name:
        options = (f"Options: those of `{same}`.",)
    return "\n".join([*lines, *options, ""] if options else lines)


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _paragraphs(text: str) -> str:
    kept = text.split("\f")[0].replace("\b", "")
    return "\n\n".join(_one_line(each) for each in kept.split("\n\n"))


if __name__ == "__main__":
    sys.stdout.write(reference())
