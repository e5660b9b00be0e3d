"""API keys, CORS and TLS."""

import ssl

import pytest
from support.certificates import make_certificate
from support.raw_client import RawClient
from support.waiting import wait_for


def test_keys_guard_the_api_and_leave_probes_open(start_agent, tmp_path):
    keys = tmp_path / "keys"
    keys.write_text("# two keys\nfirst\n\n  second  \n")
    agent = start_agent(WINGS_API_KEYS_FILE=str(keys))
    reply = agent.post("/v1/x")
    assert (reply.status, reply.fields["www-authenticate"]) == (401, "Bearer")
    assert reply.json["error"]["type"] == "authentication_error"
    for key in ("first", "second"):
        assert agent.post("/v1/x", b"{}", f"Authorization: Bearer {key}").status == 200
    for field in (
        "Bearer third",
        "Bearer",
        "Basic first",
        "first",
        "Bearer first second",
        "Bearer # two keys",
    ):
        assert agent.post("/v1/x", b"{}", f"Authorization: {field}").status == 401
    assert agent.get("/health").status == 200
    assert agent.get("/livez", cluster=True).status == 200
    assert agent.get("/metrics", cluster=True).status == 200
    assert agent.get("/engine/status", cluster=True).status == 401


def test_peers_of_a_group_have_no_key(start_agent, tmp_path):
    keys = tmp_path / "keys"
    keys.write_text("k\n")
    agent = start_agent(
        ready=False, WINGS_API_KEYS_FILE=str(keys), LWS_GROUP_SIZE="2", WINGS_GROUP="ns/x", POD_UID="u",
        WINGS_WORKER_ADDRESS="x-{index}.invalid", WINGS_FORWARD_PATHS="*",
    )  # fmt: skip
    assert agent.get("/group", cluster=True).json["group"] == "ns/x"
    assert agent.get("/group").status == 401


def test_which_paths_are_open_is_a_setting(start_agent, tmp_path):
    keys = tmp_path / "keys"
    keys.write_text("k\n")
    agent = start_agent(
        ready=False, WINGS_API_KEYS_FILE=str(keys), WINGS_API_KEYS_OPEN_PATHS="/livez,/docs"
    )
    assert agent.get("/health").status == 401
    assert agent.get("/docs").status == 200
    assert agent.get("/metrics", cluster=True).status == 401


def test_keys_are_read_again_when_they_change(start_agent, tmp_path):
    keys = tmp_path / "keys"
    keys.write_text("old\n")
    agent = start_agent(WINGS_API_KEYS_FILE=str(keys))
    keys.write_text("new\n")
    wait_for(lambda: agent.get("/v1/x", "Authorization: Bearer new").status == 200)
    assert agent.get("/v1/x", "Authorization: Bearer old").status == 401
    keys.unlink()
    wait_for(lambda: agent.get("/v1/x", "Authorization: Bearer new").status == 401)


@pytest.mark.parametrize("content", ["", "\n \n# none\n", None], ids=["empty", "blank", "folder"])
def test_a_file_without_a_key_admits_no_request(start_agent, tmp_path, content):
    """A folder stands for a file that cannot be read, whoever runs the test."""
    keys = tmp_path / "keys"
    keys.mkdir() if content is None else keys.write_text(content)
    agent = start_agent(WINGS_API_KEYS_FILE=str(keys))
    for field in ("X-Nothing: 1", "Authorization: Bearer", "Authorization: Bearer # none"):
        assert agent.get("/v1/x", field).status == 401


def test_cors_is_the_engines_business_unless_switched_on(start_agent, engine):
    engine.script("/v1/x", lambda side: side.reply(b"", b"200 OK", b"Access-Control-Allow-Origin: *"))
    agent = start_agent()
    assert agent.get("/v1/x", "Origin: https://a").fields["access-control-allow-origin"] == "*"


def test_cors(start_agent, engine):
    engine.script("/v1/x", lambda side: side.reply(b"", b"200 OK", b"Access-Control-Allow-Origin: *"))
    agent = start_agent(WINGS_CORS_ORIGINS="https://a https://b")
    assert agent.get("/v1/x", "Origin: https://a").fields["access-control-allow-origin"] == "https://a"
    assert agent.get("/health", "Origin: https://b").fields["access-control-allow-origin"] == "https://b"
    assert "access-control-allow-origin" not in agent.get("/v1/x", "Origin: https://c").fields
    with agent.client() as client:
        client.send(b"OPTIONS /v1/x HTTP/1.1\r\nHost: x\r\nOrigin: https://a\r\n\r\n")
        reply = client.read_reply()
        assert (reply.status, reply.fields["access-control-allow-origin"]) == (204, "https://a")
        assert "POST" in reply.fields["access-control-allow-methods"]
        assert client.get("/health").status == 200


class TlsClient(RawClient):
    def __init__(self, port, certificate, name):
        super().__init__(port)
        context = ssl.create_default_context(cafile=certificate)
        self.socket = context.wrap_socket(self.socket, server_hostname=name)


def test_tls_and_its_renewal(start_agent, tmp_path, engine):
    cert, key = make_certificate(tmp_path, "one.test")
    engine.script("/v1/big", lambda side: side.reply(b"x" * 1_000_000))
    agent = start_agent(ready=False, WINGS_TLS_CERT_FILE=str(cert), WINGS_TLS_KEY_FILE=str(key))
    wait_for((agent.shared_dir / "start_command.sh").exists)
    agent.report("running")
    wait_for(lambda: agent.status()["engine_ready"], "readiness")
    with TlsClient(agent.port, cert, "one.test") as client:
        assert client.get("/health").status == 200
        assert len(client.get("/v1/big").body) == 1_000_000
    make_certificate(tmp_path, "two.test")

    def renewed():
        try:
            with TlsClient(agent.port, cert, "two.test") as client:
                return client.get("/health").status == 200
        except ssl.SSLError:
            return False

    wait_for(renewed, lambda: f"the new certificate, log:\n{agent.log()}")


def test_a_certificate_that_cannot_be_read_ends_the_program(start_agent, tmp_path):
    with pytest.raises(AssertionError, match="WINGS_TLS_CERT_FILE"):
        start_agent(WINGS_TLS_CERT_FILE=str(tmp_path / "no"), WINGS_TLS_KEY_FILE=str(tmp_path / "no"))
