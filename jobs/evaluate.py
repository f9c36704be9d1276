"""⑤ Measure base, tuned and BM25: model, qrels -> runs, report.

python -m jobs.evaluate evaluate.questions=queries.json
"""

from lawvault.config.command_line import job
from lawvault.config.tree import Config


@job
def main(config: Config) -> None:
    """Do the stage's work, unless it is done already."""
    from lawvault.evaluate.stage import evaluate, show_report
    from lawvault.job import launch  # only now: a bad value is answered before this loads

    show_report(launch("evaluate", config, evaluate))


if __name__ == "__main__":
    main()
