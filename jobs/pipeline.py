"""All stages, one after the other: law text -> release; each is skipped if it is done.

python -m jobs.pipeline corpus=national generate.questions=all
"""

from lawvault.config import Config, job


@job
def main(config: Config) -> None:
    """Run the seven stages and say where what a user wants next lies."""
    from lawvault.evaluate.stage import evaluate
    from lawvault.export.stage import export
    from lawvault.generate.stage import generate
    from lawvault.index.stage import index
    from lawvault.ingest.stage import ingest
    from lawvault.job import run_pipeline
    from lawvault.mine.stage import mine
    from lawvault.train.on_ray import train

    run_pipeline(config, (ingest, generate, mine, train, evaluate, index, export))


if __name__ == "__main__":
    main()
