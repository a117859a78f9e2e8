"""Plots of a run as SVG. Needs matplotlib, which is imported when the first plot is drawn."""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from prover.errors import UsageError
from prover.evaluate.calibration import ForecastBin, bins, forecasts
from prover.evaluate.markdown import further_axioms
from prover.evaluate.results import Run, denominators, figures

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE_INCHES = (7.0, 3.6)
"""The width and height of a plot, in inches."""


def plots(run: Run) -> list[tuple[str, str]]:
    """Returns captions and SVG pictures.

    Raises:
        UsageError: matplotlib is not installed.
    """
    drawn = [
        (
            "Shares of the runnable problems that were tried and are proved, with 95% intervals.",
            _drawn(lambda axes: _bars(axes, run)),
        ),
        ("Problems proved within a time of search each.", _drawn(lambda axes: _over_time(axes, run))),
    ]
    if foretold := forecasts(run, run.systems[0]):
        caption = "Proved, beside the chance foretold from the other problems; 95% intervals."
        drawn.append((caption, _drawn(lambda axes: _reliability(axes, bins(foretold)))))
    if run.manifest.passes > 1:
        drawn.append(("pass@k, estimated without bias.", _drawn(lambda axes: _pass_at(axes, run))))
    return [(f"{caption.removesuffix('.')}{further_axioms(run)}.", picture) for caption, picture in drawn]


def proved_within(seconds: Sequence[float]) -> tuple[list[float], list[int]]:
    """Returns the steps of a curve: the number of problems proved within each time."""
    ordered = sorted(seconds)
    return [0.0, *ordered], list(range(len(ordered) + 1))


def _drawn(draw: "Callable[[Axes], None]") -> str:
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        raise UsageError("Plots need matplotlib: pip install 'prover[evaluation]'.") from None
    with matplotlib.rc_context({"svg.hashsalt": "prover", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=SIZE_INCHES, layout="constrained")
        draw(figure.add_subplot())
        picture = io.StringIO()
        settings: dict[str, Any] = {"metadata": {"Date": None}}
        figure.savefig(picture, format="svg", **settings)
    text = picture.getvalue()
    return text[text.index("<svg") :]


def curves_drawn(series: Mapping[str, Sequence[float]], x_label: str, y_label: str) -> str:
    """Returns an SVG picture of curves by name, with points at 1, 2, 3 and so on.

    Raises:
        UsageError: matplotlib is not installed.
    """

    def draw(axes: "Axes") -> None:
        for name, points in series.items():
            axes.plot(range(1, len(points) + 1), points, marker="o", markersize=3, label=name)
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False)

    return _drawn(draw)


def _bars(axes: "Axes", run: Run) -> None:
    found = [figures(run, system) for system in run.systems][::-1]
    shares = [f.of_runnable.estimate for f in found]
    reach = [
        [max(0.0, f.of_runnable.estimate - f.of_runnable.low) for f in found],
        [max(0.0, f.of_runnable.high - f.of_runnable.estimate) for f in found],
    ]
    axes.barh([f.system for f in found], shares, xerr=reach, color="#7a9cc6", ecolor="#333333", capsize=3)
    axes.set_xlim(0, 1)
    axes.set_xlabel("share of the runnable problems that were tried")


def _over_time(axes: "Axes", run: Run) -> None:
    for system in run.systems:
        fastest = [
            min(won)
            for trials in run.of(system).values()
            if (won := [trial.seconds for trial in trials if trial.outcome == "proved"])
        ]
        times, counts = proved_within(fastest)
        end = max(float(run.manifest.systems[0]["seconds"] or 0), times[-1])
        axes.step([*times, end], [*counts, counts[-1]], where="post", label=system)
    axes.set_xlabel("seconds of search")
    problems = denominators(run)
    axes.set_ylabel(f"proved, of {problems.runnable - problems.not_tried}")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)


def _reliability(axes: "Axes", parts: Sequence[ForecastBin]) -> None:
    chances, won = [part.mean for part in parts], [part.proved for part in parts]
    reach = [[w.estimate - w.low for w in won], [w.high - w.estimate for w in won]]
    axes.plot([0, 1], [0, 1], color="#bbbbbb", linewidth=1)
    axes.errorbar(chances, [w.estimate for w in won], yerr=reach, fmt="o", color="#7a9cc6", ecolor="#333333", capsize=3)
    axes.set_xlabel("chance foretold")
    axes.set_ylabel("share proved")
    axes.set_ylim(0, 1)


def _pass_at(axes: "Axes", run: Run) -> None:
    for system in run.systems:
        values = figures(run, system).pass_at
        axes.plot(list(values), list(values.values()), marker="o", label=system)
    axes.set_xlabel("k")
    axes.set_ylabel("pass@k")
    axes.set_ylim(0, 1)
    axes.legend(frameon=False)
