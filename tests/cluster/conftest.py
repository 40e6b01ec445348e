"""Clusters for the tests: one that all may use as long as they do it no harm, and clients that are closed again."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator

import pytest

try:
    import distributed.utils
    from distributed import Client

    from taskmon.cluster import connection
    from taskmon.cluster.runner import ClusterRunner
except ModuleNotFoundError:  # the tests say so
    pass
from tests.helpers.dask_cluster import DaskCluster, dask_cluster


@pytest.fixture(autouse=True)
def _an_answer_has_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a cluster that counts as silent nothing is asked, and on a busy machine an answer may take that long."""
    monkeypatch.setattr(connection, "SILENT_AFTER", math.inf)


@pytest.fixture(scope="session", autouse=True)
def _threads_of_dask() -> None:
    """Dask's own thread for large messages, which stays for good, is nothing that a test leaves behind."""
    distributed.utils._offload_executor.submit(int).result()


@pytest.fixture(scope="module")
def cluster() -> Iterator[DaskCluster]:
    """Two workers, "one" with two threads and "two" with one."""
    with dask_cluster(one=2, two=1) as started:
        yield started


@pytest.fixture(autouse=True)
def _disconnect(request: pytest.FixtureRequest) -> Iterator[None]:
    """No client outlives its test."""
    yield
    if "cluster" in request.fixturenames:
        request.getfixturevalue("cluster").disconnect()


@pytest.fixture
def client(cluster: DaskCluster) -> Client:
    """That of the runner."""
    return cluster.connect()


@pytest.fixture
def runner(client: Client) -> Iterator[ClusterRunner]:
    """A runner on the cluster that all may use."""
    with_client = ClusterRunner(client)
    yield with_client
    with_client.cancel_all()
    assert with_client.shutdown(timeout=30)


@pytest.fixture(autouse=True)
def _dask_logs_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Dask says of a scheduler that has gone is Dask's; whether it reaches the root depends on what ran before."""
    for name in ("distributed", "distributed.client", "distributed.protocol.core"):
        monkeypatch.setattr(logging.getLogger(name), "propagate", False)
