"""⑦ Write the release: model, report, data pack -> Hugging Face folder.

python -m jobs.export export.name=lawvault-embed
"""

from lawvault.config.command_line import job
from lawvault.config.tree import Config


@job
def main(config: Config) -> None:
    """Do the stage's work, unless it is done already."""
    from lawvault.export.stage import export
    from lawvault.job import launch  # only now: a bad value is answered before this loads

    launch("export", config, export)


if __name__ == "__main__":
    main()
