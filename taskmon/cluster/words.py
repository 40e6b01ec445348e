"""What is said of workers and of clusters, in one place."""

from __future__ import annotations

from taskmon.core.base.text import plain


def cluster_name(address: str) -> str:
    """What a cluster is called: ``dask 127.0.0.1:8786``."""
    return f"dask {plain(_without_scheme(address), 80)}"


def worker_name(name: str, host: str) -> str:
    """What a worker is called: ``worker 3 on node17``. By default Dask names a worker by its address, with its host."""
    shown = plain(_without_scheme(name), 80)
    shown = shown if not shown.isdecimal() else f"worker {shown}"
    return f"{shown} on {plain(host, 80)}" if host and shown.rpartition(":")[0].strip("[]") != host else shown


def _without_scheme(address: str) -> str:
    return address.partition("://")[2] or address
