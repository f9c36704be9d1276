"""All stages, one after the other: law text -> release; each is skipped if it is done.

python -m jobs.pipeline corpus=national generate.questions=all
"""

import logging

from lawvault.config.command_line import job
from lawvault.config.tree import Config

log = logging.getLogger("lawvault.pipeline")


@job
def main(config: Config) -> None:
    """Run the seven stages and say where what a user wants next lies."""
    from lawvault.evaluate.stage import evaluate, show_report
    from lawvault.export.stage import export
    from lawvault.generate.stage import generate
    from lawvault.index.stage import index
    from lawvault.ingest.stage import ingest
    from lawvault.job import run_stages
    from lawvault.mine.stage import mine
    from lawvault.train.on_ray import train

    made = run_stages(config, (ingest, generate, mine, train, evaluate, index, export))
    show_report(made["evaluate"])
    log.info("model folder  %s", made["train"] / "model")
    log.info("report        %s", made["evaluate"] / "report.json")
    log.info("data pack     %s", made["index"])


if __name__ == "__main__":
    main()
