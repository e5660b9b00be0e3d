"""Certificates that change while they are in use, without a network."""

import os
import ssl

import pytest
from support.certificates import make_certificate

from wings_infer.gateway.tls import Tls


@pytest.fixture
def pairs(tmp_path):
    """Certificate and key of one.test and of two.test."""
    made = {}
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        made[name] = make_certificate(tmp_path / name, f"{name}.test")
    return made


@pytest.fixture
def mounted(pairs, tmp_path):
    """mounted(certificate, key) puts the files of these pairs where the program reads them."""
    count = iter(range(1, 100))

    def mount(cert, key):
        for number, pair in enumerate((cert, key)):
            path = tmp_path / ("cert.pem", "key.pem")[number]
            path.write_bytes(pairs[pair][number].read_bytes())
            os.utime(path, (0, next(count)))
        return tmp_path / "cert.pem", tmp_path / "key.pem"

    return mount


def shakes_hands(tls, cert, name):
    """Whether a client that trusts this certificate only gets through, with or without a name."""
    client_context = ssl.create_default_context(cafile=cert)
    client_context.check_hostname = name is not None
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server, server_hostname=name)
    server = tls.context.wrap_bio(to_server, to_client, server_side=True)
    waiting = {client, server}
    while waiting:
        for side in list(waiting):
            try:
                side.do_handshake()
                waiting.remove(side)
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError:
                return False
    return True


@pytest.mark.parametrize("name", ["two.test", None])
def test_a_changed_pair_is_taken_whole(pairs, mounted, name):
    tls = Tls(*mounted("one", "one"))
    assert not shakes_hands(tls, pairs["two"][0], name)
    assert not tls.reload()
    mounted("two", "two")
    assert tls.reload()
    assert shakes_hands(tls, pairs["two"][0], name)


def test_a_pair_that_does_not_fit_leaves_the_old_one_in_use(pairs, mounted):
    tls = Tls(*mounted("one", "one"))
    mounted("one", "two")
    with pytest.raises(ssl.SSLError):
        tls.reload()
    assert shakes_hands(tls, pairs["one"][0], "one.test")
    mounted("two", "two")
    assert tls.reload()
    assert shakes_hands(tls, pairs["two"][0], "two.test")


def test_files_that_change_while_they_are_read_spoil_nothing(pairs, mounted, monkeypatch):
    tls = Tls(*mounted("one", "one"))
    mounted("two", "two")
    load = ssl.SSLContext.load_cert_chain

    def load_then_change(context, *files):
        load(context, *files)
        mounted("one", "two")

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", load_then_change)
    assert tls.reload()
    assert shakes_hands(tls, pairs["two"][0], "two.test")
    monkeypatch.undo()
    with pytest.raises(ssl.SSLError):
        tls.reload()
    assert shakes_hands(tls, pairs["two"][0], "two.test")
