"""The picture of a report: equal reports give equal bytes, another report another picture."""

import copy

import pytest
from matplotlib.image import imread

from lawvault.evaluate.picture import draw_report
from lawvault.retrieve.metrics import MEASURES


@pytest.fixture
def report() -> dict:
    means = {name: 0.1 * (place + 1) for place, name in enumerate(MEASURES)}
    return {
        "queries": 12,
        "articles": 40,
        "systems": {name: dict(means) for name in ("bm25", "base", "tuned")},
        "ranks": {"better": 0.5, "same": 0.25, "worse": 0.25},
    }


def test_equal_reports_give_equal_bytes(report, tmp_path):
    draw_report(report, tmp_path / "one.png")
    draw_report(copy.deepcopy(report), tmp_path / "other.png")

    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "other.png").read_bytes()


@pytest.mark.parametrize(
    "change",
    [
        lambda report: report["systems"]["tuned"].update({"ndcg@10": 0.99}),
        lambda report: report["ranks"].update({"better": 0.75, "worse": 0.0}),
        lambda report: report.update(queries=13),
    ],
)
def test_another_report_gives_another_picture(report, tmp_path, change):
    draw_report(report, tmp_path / "one.png")
    change(report)
    draw_report(report, tmp_path / "other.png")

    assert (tmp_path / "one.png").read_bytes() != (tmp_path / "other.png").read_bytes()


def test_the_picture_is_a_picture_with_all_three_colours(report, tmp_path):
    draw_report(report, tmp_path / "report.png")

    pixels = (imread(tmp_path / "report.png")[..., :3] * 255).round().astype(int)
    assert pixels.shape[0] > 300
    assert pixels.shape[1] > 900
    colours = {tuple(colour) for colour in pixels.reshape(-1, 3).tolist()}
    assert {(0xB8, 0xB2, 0xA7), (0x7A, 0x9C, 0xC6), (0xC0, 0x39, 0x2B)} <= colours


def test_a_report_of_zeros_can_be_drawn(report, tmp_path):
    for means in report["systems"].values():
        means.update(dict.fromkeys(MEASURES, 0.0))

    draw_report(report, tmp_path / "report.png")

    assert (tmp_path / "report.png").stat().st_size > 10_000
