"""⑥ Build the vector database: articles, model -> data pack.

python -m jobs.index
"""

from lawvault.config.command_line import job
from lawvault.config.tree import Config


@job
def main(config: Config) -> None:
    """Do the stage's work, unless it is done already."""
    from lawvault.index.stage import index
    from lawvault.job import launch  # only now: a bad value is answered before this loads

    launch("index", config, index)


if __name__ == "__main__":
    main()
