"""③ Mine hard negatives: queries, qrels, articles -> triplets.

ray job submit --working-dir . -- python -m jobs.mine home=/shared/vault recipe=article
"""

from lawvault.config.command_line import job
from lawvault.config.tree import Config


@job
def main(config: Config) -> None:
    """Do the stage's work, unless it is done already."""
    from lawvault.job import launch  # only now: a bad value is answered before this loads
    from lawvault.mine.stage import mine

    launch("mine", config, mine)


if __name__ == "__main__":
    main()
