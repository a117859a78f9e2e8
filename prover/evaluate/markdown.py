"""The report of a run as Markdown: settings, the status of every problem, and figures with intervals."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from prover.evaluate.header import NUMBER_NOTATIONS
from prover.evaluate.problem import one_line
from prover.evaluate.results import (
    Figures,
    Run,
    denominators,
    figures,
    notations_used,
    overhead,
    reasons,
)
from prover.evaluate.statistics import mcnemar, wilson
from retrieval.statistics import Interval

MAX_GOALS_SHOWN = 2
"""The maximum number of goals that a report shows of a problem without proof."""
MAX_REASONS = 15
"""The maximum number of reasons in a report."""


def report(run: Run, further: Sequence[str] = ()) -> str:
    """Returns the whole report.

    Args:
        further: Sections to insert before the list of proofs.
    """
    found = [figures(run, system) for system in run.systems]
    sections = [
        "\n".join(_head(run)),
        "\n".join(_denominators(run)),
        "\n".join(_systems(run, found)),
        "\n".join(_splits(run)),
        *(["\n".join(_passes(run, found))] if run.manifest.passes > 1 else []),
        "\n".join(_beside(run)),
        "\n".join(_how(found)),
        *further,
        "\n".join(_unproved(run)),
        "\n".join(_not_runnable(run)),
        "\n".join(_problems(run)),
        "\n".join(_proofs(run)),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Returns a Markdown table; bars in cells are escaped."""
    lines = [f"| {' | '.join(header)} |", f"|{'|'.join('---' for _ in header)}|"]
    lines += (
        "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows
    )
    return lines


def percent(interval: Interval) -> str:
    """Returns an estimate with its interval, in percent."""
    return f"{interval.estimate:.1%} [{interval.low:.1%}, {interval.high:.1%}]"


def title(run: Run) -> str:
    """Returns the section on what was evaluated."""
    manifest = run.manifest
    return f"{manifest.benchmark} {manifest.split}".strip()


def further_axioms(run: Run) -> str:
    """Returns what to write beside a figure of a run whose proofs may use further axioms; empty if they may not."""
    names = ", ".join(f"`{name}`" for name in run.manifest.axioms)
    return f" (with the axioms {names})" if names else ""


def heading(run: Run, text: str) -> str:
    """Returns the heading of a section with figures."""
    return f"## {text}{further_axioms(run)}"


def _head(run: Run) -> Iterator[str]:
    manifest = run.manifest
    ours = manifest.systems[0]
    budget = [
        f"{ours['seconds']:g} s of search" if ours["seconds"] else "",
        f"{ours['expansions']} expansions" if ours["expansions"] else "",
        f"width {ours['width']}",
        f"{ours['tactic_milliseconds'] / 1000:g} s a tactic" if "tactic_milliseconds" in ours else "",
    ]
    yield f"# {title(run)}"
    yield ""
    yield f"- dataset: {manifest.source}, commit {manifest.commit or 'not known'}, digest `{manifest.digest}`"
    yield f"- toolchain: {manifest.toolchain}{f', with {manifest.project}' if manifest.project else ''}"
    yield from (f"- {imports}" for imports in manifest.imports)
    yield f"- budget: {manifest.passes} pass{'es' if manifest.passes > 1 else ''} × {', '.join(filter(None, budget))}"
    if manifest.axioms:
        yield f"- axioms that proofs may use besides Lean's three: {', '.join(f'`{a}`' for a in manifest.axioms)}"
    if manifest.sampled_from:
        yield f"- problems: a sample of {manifest.problems} of {manifest.sampled_from}, seed {manifest.sample_seed}"
    yield f"- seed {manifest.seed}, temperature {manifest.temperature:g}; each proof was accepted by the gate"
    yield f"- made with: {', '.join(f'{name} {value}' for name, value in manifest.made_with.items() if value)}"
    if loads := [load for passage in run.passages for load in passage.load]:
        yield f"- load of the machine meanwhile: {min(loads):g} to {max(loads):g} processes a moment"
    yield f"- outcomes: `{run.digest()}` (equal for runs that came to the same)"


def _denominators(run: Run) -> Iterator[str]:
    counts = denominators(run)
    yield "## Problems"
    yield ""
    rows = [[counts.all, counts.surveyed, counts.runnable, counts.not_runnable, counts.crashed]]
    yield from table(["all", "looked at", "runnable here", "not runnable here", "crashed"], rows)
    if counts.surveyed < counts.all:
        yield f"\nThe run is not finished: {counts.all - counts.surveyed} problems have not been looked at."
    if counts.not_tried:
        yield f"\nNot tried: {counts.not_tried} of the runnable problems. No figure below counts them."
    if done := progress(run):
        yield f"\n{done}"
    for option, count in Counter(option for line in run.survey.values() for option in line.options).items():
        name = option.split()[0]
        yield (
            f"\n`{option}` in {count} problems, whose headers import what is not here: with `set_option {name} …` a "
            "header says otherwise."
        )
    used = notations_used(run)
    if any(sign != "none" for sign in used):
        meanings = ", ".join(f"`{sign}` for `{name}`" for sign, name in NUMBER_NOTATIONS.items())
        listed = "; ".join(f"{sign}: {len(names)}" for sign, names in sorted(used.items()))
        yield f"\nThe prelude has notations only ({meanings}). Runnable problems by what they use of it: {listed}."


def _systems(run: Run, found: Sequence[Figures]) -> Iterator[str]:
    yield heading(run, "Systems")
    yield ""
    header = ["system", "attempted", "crashed", "refused", "proved", "of runnable", "of all", "seconds", "median proof"]
    yield from table(
        header,
        (
            [
                f.system,
                f.attempted,
                f.crashed,
                f.refused,
                f.proved,
                percent(f.of_runnable),
                percent(f.of_all),
                f"{f.seconds:.0f} + {f.gate_seconds:.0f}",
                f"{f.median_proved:.2f} s",
            ]
            for f in found
        ),
    )
    kind = "Wilson's" if run.manifest.passes == 1 else "bootstrapped over problems"
    yield f"\nIntervals are {kind}, 95%. Seconds are of search and, after the plus, of the gate, over all trials."
    for f in found:
        if f.not_tried:
            yield f"{f.system} has not tried {f.not_tried} of the runnable problems, which are not counted."
    for f in found:
        if any(f.tokens):
            spent = f", which cost {f.cost:.4f}" if f.cost else ""
            yield f"The language model of {f.system} read {f.tokens[0]:,} and wrote {f.tokens[1]:,} tokens{spent}."
    for f in found:
        if f.late:
            yield f"{f.late} of the proofs of {f.system} came after the budget, from tactics that had begun in time."
    if (share := overhead(run)) is not None:
        yield f"The harness itself took {share:.1%} of its workers' time."


def _splits(run: Run) -> Iterator[str]:
    """Returns the figures of each split, for a run of several."""
    splits = list(dict.fromkeys(problem.split for problem in run.problems))
    if len(splits) < 2:
        return
    yield heading(run, "Splits")
    yield ""
    runnable = set(run.runnable())
    rows = []
    for split in splits:
        names = {problem.name for problem in run.problems if problem.split == split}
        tried = [run.tried(system) & names for system in run.systems]
        won = [run.proved(system) & names for system in run.systems]
        shares = [percent(wilson(len(w), len(t))) if t else "not tried" for w, t in zip(won, tried, strict=True)]
        rows.append([split or "none", len(names), len(names & runnable), *shares])
    yield from table(["split", "all", "runnable", *(f"{system}, of those tried" for system in run.systems)], rows)


def _passes(run: Run, found: Sequence[Figures]) -> Iterator[str]:
    yield heading(run, "pass@k")
    yield ""
    ks = sorted({k for f in found for k in f.pass_at})
    rows = ([f.system, *(f"{f.pass_at[k]:.1%}" if k in f.pass_at else "" for k in ks)] for f in found)
    yield from table(["system", *(f"pass@{k}" for k in ks)], rows)


def _beside(run: Run) -> Iterator[str]:
    """Returns the paired comparison of the evaluated prover with each baseline."""
    ours, *others = run.systems
    if not others:
        return
    yield heading(run, "Beside the baselines")
    yield ""
    rows = []
    for other in others:
        both = run.compared(ours, other)
        mine, theirs = run.proved(ours) & both, run.proved(other) & both
        gained, lost = sorted(mine - theirs), sorted(theirs - mine)
        p = mcnemar(len(gained), len(lost))
        rows.append([other, len(mine & theirs), len(gained), len(lost), f"{p:.3g}", ", ".join(lost) or "none"])
    yield from table(["baseline", "both", f"only {ours}", "only it", "p (McNemar, exact)", "lost to it"], rows)


def _how(found: Sequence[Figures]) -> Iterator[str]:
    yield "## How trials went"
    yield ""
    rows = ([f.system, _counted(f.by), _counted(f.ended), _counted(f.did), f.restarts] for f in found)
    yield from table(["system", "proofs by", "trials without proof", "tactics", "restarts of Lean"], rows)


def progress(run: Run) -> str:
    """Returns how much of an unfinished run is done, and how long the rest may take; empty for a finished run."""
    counts = denominators(run)
    left = counts.not_tried + counts.all - counts.surveyed
    if not left:
        return ""
    done = counts.all - left
    text = f"Done: {done} of {counts.all} problems"
    attended, jobs = sum(each.attending for each in run.passages), run.passages[-1].jobs if run.passages else 1
    if not done or not attended:
        return f"{text}."
    return f"{text}; the rest takes about {duration(attended / done * left / jobs)} more, at the pace so far."


def duration(seconds: float) -> str:
    """Returns a time in words, rounded."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"


def _unproved(run: Run) -> Iterator[str]:
    """Returns the problems that no system proved, with the goals where the evaluated prover got stuck."""
    names = run.unproved()
    if not names:
        return
    ours = run.of(run.systems[0])
    yield "## Proved by no system"
    yield ""
    tried = len({trial.problem for trial in run.trials})
    yield f"{len(names)} of the {tried} problems that were tried. Below each: why the prover ended, and what remained."
    for name in names:
        trials = ours.get(name, [])
        last = next((trial for trial in reversed(trials) if trial.stuck), trials[-1] if trials else None)
        yield f"\n**{name}**: {last.reason if last else 'not tried by the prover'}"
        for goal in last.stuck[:MAX_GOALS_SHOWN] if last else ():
            path = f"after {'; '.join(f'`{one_line(tactic)}`' for tactic in goal.after)}" if goal.after else "at once"
            yield f"\n{path}:\n"
            yield "```"
            yield from goal.goal.splitlines()
            yield "```"


def _not_runnable(run: Run) -> Iterator[str]:
    listed = list(reasons(run))
    if not listed:
        return
    yield "## Not runnable here"
    yield ""
    yield from table(["Lean's reason", "problems"], listed[:MAX_REASONS])
    if len(listed) > MAX_REASONS:
        yield f"\nand {len(listed) - MAX_REASONS} more reasons; each problem's is in `survey.jsonl`."


def _problems(run: Run) -> Iterator[str]:
    runnable = [each for each in run.problems if (line := run.survey.get(each.name)) and line.status == "runnable"]
    if not runnable:
        return
    yield "## Runnable problems"
    yield ""
    tried = {system: run.of(system) for system in run.systems}
    rows = []
    for problem in runnable:
        cells = [_cell([t.outcome for t in tried[system].get(problem.name, [])]) for system in run.systems]
        rows.append([problem.name, f"`{problem.digest}`", *cells])
    yield from table(["problem", "statement", *run.systems], rows)


def _cell(outcomes: Sequence[str]) -> str:
    if not outcomes:
        return "not tried"
    if len(outcomes) == 1:
        return outcomes[0]
    return f"{sum(outcome == 'proved' for outcome in outcomes)} of {len(outcomes)}"


def _proofs(run: Run) -> Iterator[str]:
    ours = run.systems[0]
    won = {trial.problem: trial for trial in reversed(run.trials) if trial.system == ours and trial.outcome == "proved"}
    if not won:
        return
    yield "## Proofs"
    for problem in run.problems:
        if (trial := won.get(problem.name)) is None:
            continue
        axioms = ", ".join(trial.axioms) or "none"
        yield f"\n**{problem.name}** ({trial.seconds:.2f} s, {', '.join(trial.by) or 'unknown'}; axioms: {axioms})\n"
        yield "```lean"
        yield f"{problem.statement} := by" if problem.statement else f"-- {problem.name}"
        yield from (f"  {line}" for line in trial.proof.splitlines())
        yield "```"


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"
