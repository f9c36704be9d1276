"""① Read law text: sources -> articles, content.db.

python -m jobs.ingest corpus=national
"""

from lawvault.config.command_line import job
from lawvault.config.tree import Config


@job
def main(config: Config) -> None:
    """Do the stage's work, unless it is done already."""
    from lawvault.ingest.stage import ingest
    from lawvault.job import launch  # only now: a bad value is answered before this loads

    launch("ingest", config, ingest)


if __name__ == "__main__":
    main()
