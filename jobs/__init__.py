"""The entry points, one a stage, and `pipeline` for all of them: `python -m jobs.<stage>`."""
