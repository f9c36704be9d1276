"""⑧ Serve over HTTP: model, data pack -> embeddings, search, a page.

python -m jobs.serve serve.port=8001
"""

from lawvault.config import Config, job


@job
def main(config: Config) -> None:
    """Serve until Ctrl-C or SIGTERM."""
    from lawvault.job import find_inputs
    from lawvault.models import packed  # noqa: F401 - knows where the base's weights come from

    inputs = find_inputs("serve", config)  # a missing stage is answered before Ray is imported

    from lawvault.serve.on_ray import serve

    serve(config, inputs["train"] / "model", inputs["index"])


if __name__ == "__main__":
    main()
