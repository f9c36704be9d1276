"""② Take questions for every article: articles -> queries, qrels.

python -m jobs.generate generate.questions=all
"""

from lawvault.config.command_line import job
from lawvault.config.tree import Config


@job
def main(config: Config) -> None:
    """Do the stage's work, unless it is done already."""
    from lawvault.generate.stage import generate
    from lawvault.job import launch  # only now: a bad value is answered before this loads

    launch("generate", config, generate)


if __name__ == "__main__":
    main()
