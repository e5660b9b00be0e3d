"""Which bytes of a client give it more time; the clock is the test's."""

from time import monotonic

from support.in_memory import MemoryGateway

HEAD_TIMEOUT, IDLE_TIMEOUT, LINGER_MOST, LINGER_PAUSE = 30, 120, 30, 2
LONG_AGO = 1000


class Timed(MemoryGateway):
    """`came` is a list of (seconds ago, bytes); the client connected a moment before the first."""

    def __init__(self, *came):
        super().__init__()
        self.hub.clock = monotonic() - came[0][0]
        self.client = self.connect()
        for ago, data in came:
            self.hub.clock = monotonic() - ago
            self.client.data_received(data)
        self.hub.sweep()

    @property
    def status(self):
        """Of the answer that ended the connection, 0: it was just closed; None: it is open."""
        wire = self.client.transport
        if wire.sent:
            return int(wire.sent.split(b" ")[1])
        return 0 if wire.is_closed else None


DRIPS = [(ago, b"a") for ago in range(HEAD_TIMEOUT, 0, -1)]
HEADS = {
    "young": ([(HEAD_TIMEOUT - 1, b"GET /v1")], None),
    "two pieces": ([(HEAD_TIMEOUT + 1, b"GET /v1"), (1, b"/a")], 408),
    "dripping": ([(HEAD_TIMEOUT + 1, b"GET /v1"), *DRIPS], 408),
    "begun late": ([(HEAD_TIMEOUT + 1, b"\r\n"), (1, b"GET /v1")], None),
    "empty lines in halves": ([(HEAD_TIMEOUT + 1, b"\r"), (20, b"\n\r"), (1, b"\n\r")], 408),
    "empty lines": ([(HEAD_TIMEOUT + 1, b"\r\n"), (1, b"\r\n")], None),
    "only those": ([(IDLE_TIMEOUT + 1, b"\r\n"), (60, b"\r\n"), (1, b"\r\n")], 0),
}
LATER = {
    "silent": ([], False),
    "goes on": ([1], True),
    "drips": ([15, 10, 5, 1], True),
    "drips for too long": ([LINGER_MOST + 5, 20, 10, 1], False),
}


def test_a_head_has_a_deadline_from_its_first_byte():
    found = {case: Timed(*came).status for case, (came, _) in HEADS.items()}
    assert found == {case: status for case, (_, status) in HEADS.items()}


def test_the_next_head_has_its_own_deadline():
    whole = b"GET /v1/a HTTP/1.1\r\nHost: x\r\n\r\n"
    gateway = Timed((LONG_AGO, whole[:9]), (LONG_AGO - 1, whole[9:]))
    gateway.hub.clock = monotonic() - 1
    gateway.answer()
    gateway.client.transport.sent.clear()
    gateway.client.data_received(whole[:9])
    gateway.hub.sweep()
    assert gateway.status is None


def after_an_answer(later):
    first = max([LINGER_PAUSE + 1, *[ago + 1 for ago in later]])
    return Timed((first, b"\0"), *[(ago, b"x") for ago in later])


def test_who_goes_on_sending_after_the_answer_may_not_do_so_for_ever():
    gateways = {case: after_an_answer(later) for case, (later, _) in LATER.items()}
    found = {case: (one.status, not one.client.transport.is_closed) for case, one in gateways.items()}
    assert found == {case: (400, is_open) for case, (_, is_open) in LATER.items()}


def test_a_wait_for_a_place_is_no_pause_of_the_body():
    """Who waited longer than a body may pause is not sent away as soon as a place is free."""
    gateway = MemoryGateway(is_open=False, max_in_flight=1)
    gateway.hub.clock = monotonic() - LONG_AGO
    clients = [gateway.client, gateway.connect()]
    for client in clients:
        client.data_received(b"POST /v1/a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{")
    gateway.hub.clock = monotonic()
    clients[0].data_received(b"}")
    gateway.answer()
    gateway.hub.sweep()
    clients[1].data_received(b"}")
    gateway.answer()
    assert [client.transport.sent[:12] for client in clients] == [b"HTTP/1.1 200"] * 2
