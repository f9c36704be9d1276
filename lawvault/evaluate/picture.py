"""The report as one PNG: measures of all systems, and how far the right article moved."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lawvault.artifacts import aside

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {"bm25": "#b8b2a7", "base": "#7a9cc6", "tuned": "#c0392b"}


def draw_report(report: dict[str, Any], target: Path) -> None:
    """Write the picture of a report; equal reports give equal bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[2.2, 1])
    _bars(left, report)
    _moves(right, report)
    figure.suptitle(
        f"{report['queries']} questions over {report['articles']} articles", fontsize=11
    )
    with aside(target) as path, path.open("wb") as file:
        FigureCanvasAgg(figure).print_png(file, metadata={"Software": "LawVault"})


def _bars(axes: "Axes", report: dict[str, Any]) -> None:
    systems = report["systems"]
    measures = list(next(iter(systems.values())))
    width = 0.8 / len(systems)
    for nth, (name, means) in enumerate(systems.items()):
        places = [place + (nth - (len(systems) - 1) / 2) * width for place in range(len(measures))]
        bars = axes.bar(
            places, [means[key] for key in measures], width, label=name, color=COLOURS[name]
        )
        axes.bar_label(bars, fmt="%.2f", fontsize=7, padding=1)
    axes.set_xticks(range(len(measures)), measures)
    axes.set_ylim(0, 1.05)
    axes.legend(frameon=False, ncols=len(systems), loc="upper left")
    axes.spines[["top", "right"]].set_visible(False)


def _moves(axes: "Axes", report: dict[str, Any]) -> None:
    shares = report["ranks"]
    colours = {"better": "#3d8b63", "same": "#d5d0c6", "worse": "#c0392b"}
    bars = axes.barh(list(shares), list(shares.values()), color=[colours[key] for key in shares])
    axes.bar_label(bars, labels=[f"{share:.0%}" for share in shares.values()], padding=3)
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_title("rank of the right article, base → tuned", fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
