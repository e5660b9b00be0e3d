"""The checks of `helm test` against a release that does not answer."""

from __future__ import annotations

import socket

from wings_infer.check import main


def test_a_release_that_is_silent_is_waited_for_as_long_as_told() -> None:
    said: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        told = {"BASE_URL": address, "MODEL_NAME": "m", "TIMEOUT_SECONDS": "0.05"}
        assert main(told, said.append) == 1
    assert len(said) == 4
    assert all("timed out" in line for line in said), said
