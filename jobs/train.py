"""④ Fine-tune the encoder: triplets -> model.

python -m jobs.train cluster=gpu recipe=article
"""

from lawvault.config.command_line import job
from lawvault.config.tree import Config


@job
def main(config: Config) -> None:
    """Do the stage's work, unless it is done already."""
    from lawvault.job import launch  # only now: a bad value is answered before this loads
    from lawvault.train.on_ray import train

    launch("train", config, train)


if __name__ == "__main__":
    main()
