"""The knobs of places: where work runs, and where people's own things are kept."""

from dataclasses import dataclass

from lawvault.config.knob import knob


@dataclass
class ClusterConfig:
    """Where work runs and with how much; never what is done."""

    mode: str = knob(
        "local",
        "inline: this process, no Ray; local: a Ray of our own; attach: a running Ray cluster",
        among=("inline", "local", "attach"),
        where=True,
    )
    cpus: float = knob(2, "CPUs that our own Ray may use", low=0.5, high=4096, where=True)
    object_store_mb: int = knob(
        512, "shared memory of our own Ray in MB", low=80, high=1 << 20, where=True
    )
    workers: int = knob(1, "encoding workers", low=1, high=4096, where=True)
    cpus_per_worker: float = knob(1, "CPUs reserved by a worker", low=0.1, high=1024, where=True)
    gpus_per_worker: float = knob(0, "GPUs reserved by a worker", low=0, high=16, where=True)
    threads: int = knob(2, "threads of arithmetic in a worker", low=1, high=1024, where=True)
    train_workers: int = knob(
        0, "Ray Train workers; 0 trains inside the job's own process", low=0, high=4096, where=True
    )


@dataclass
class StoreConfig:
    """Where people's own things are kept: runs, and what they make of them."""

    url: str = knob(
        "",
        "database of the user store, sqlite:///<file> or postgresql://…; empty: a SQLite file "
        "below home.  No password: PostgreSQL takes it from PGPASSWORD or ~/.pgpass",
        where=True,
    )
