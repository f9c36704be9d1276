"""⑧ Serve over HTTP: model, data pack -> embeddings, search, a page.

python -m jobs.serve serve.port=8001
python -m jobs.serve serve=cluster serve.write=serve.yaml
python -m jobs.serve serve.publish=true
"""

from lawvault.config.command_line import job
from lawvault.config.tree import Config


@job
def main(config: Config) -> None:
    """Serve until Ctrl-C or SIGTERM, or write a config, or publish."""
    from lawvault.job import find_inputs
    from lawvault.models import packed  # noqa: F401 - knows where the base's weights come from

    inputs = find_inputs("serve", config)  # a missing stage is answered before Ray is imported

    from lawvault.serve.on_ray import carry_out

    carry_out(config, inputs["train"] / "model", inputs["index"])


if __name__ == "__main__":
    main()
