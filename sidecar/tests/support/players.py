"""Random clients and a random engine: every answer names the request that it belongs to.

Some clients write their requests so that a parser might read other ones in them.
"""

import os
import random
import threading

from support.clients import HIDDEN, INNER, NAMES, Meant
from support.judges import read_by_h11, read_by_httptools
from support.raw_client import Cut, RawClient

BEHAVIOURS = int(os.environ.get("WINGS_TEST_BEHAVIOURS", "600"))
THREADS = 12
ENDINGS = ["length", "chunks", "close", "short", "cut", "long", "early", "close-after"]


def play(side):
    """Answers with the token of the request, framed as the request asks for."""
    token, ending = side.path.split("?")[1].encode().split(b"&")
    text = (token + b".") * 50
    if ending != b"early":
        body = side.read_chunks() if "transfer-encoding" in side.fields else side.read_body()
        assert token in body or not body, (token, body)
    if ending == b"chunks" or ending == b"cut":
        side.begin_chunks()
        for at in range(0, len(text), 100):
            side.chunk(text[at : at + 100])
        if ending == b"cut":
            side.reset()
        side.send(b"0\r\n\r\n")
    elif ending == b"close":
        side.send(b"HTTP/1.1 200 OK\r\n\r\n" + text)
        side.hang_up()
    elif ending == b"short":
        side.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + text)
        side.hang_up()
    elif ending == b"long":
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(text)
        side.send(head + text + b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")
    elif ending == b"close-after":
        side.reply(text)
        side.hang_up()
    else:
        side.reply(text)
        if ending == b"early":
            side.gateway_hung_up(0.02)
            raise ConnectionError(
                "an engine that did not read the body serves no more on this connection"
            )


class Player:
    """One client that does as the dice say."""

    def __init__(self, port, seed, count):
        self.port, self.dice, self.count, self.seed = port, random.Random(seed), count, seed
        self.client = None
        self.problems = []
        self.whole = 0
        self.meant = {}
        """By target: the requests as this client means them."""

    def run(self):
        for number in range(self.count):
            token = b"t%dx%dx" % (self.seed, number)
            try:
                self.ask(token)
            except (Cut, OSError, AssertionError, ValueError) as error:
                if isinstance(error, AssertionError):
                    self.problems.append((token, error))
                self.leave()
        self.leave()

    def leave(self):
        if self.client:
            self.client.close()
            self.client = None

    def ask(self, token):
        dice = self.dice
        if self.client is None or dice.random() < 0.1:
            self.leave()
            self.client = RawClient(self.port)
        tokens = [token + b"%d" % number for number in range(dice.choice([1, 1, 1, 3]))]
        requests = [self.request(one) for one in tokens]
        self.send(b"".join(requests))
        if dice.random() < 0.15:
            self.leave()  # without waiting for anything
            return
        for one in tokens:
            self.read(one)

    def request(self, token):
        target = b"/v1/play?%b&%b" % (token, self.dice.choice(ENDINGS).encode())
        meant = self.disguised(token) if self.dice.random() < 0.1 else self.plain(token)
        self.meant[target] = meant.read(target)
        return meant.text(target)

    def plain(self, token):
        body = token * self.dice.choice([0, 1, 300])
        is_chunked = body and self.dice.random() < 0.4
        return Meant(
            body=body,
            framing=b"chunked" if is_chunked else b"length",
            chunk_size=self.dice.choice([7, 1000, 9999]),
            connection=self.dice.choice([[], [], [b"keep-alive"], [b"TE"]]),
            fields=self.dice.choice([[], [b"te", b"x-own"]]),
        )

    def disguised(self, token):
        dice = self.dice
        return Meant(
            body=dice.choice([INNER, HIDDEN, b""]) + token,
            framing=dice.choice([b"length", b"chunked", b"chunked"]),
            extension=dice.choice([b"", b"", b" ;x HTTP/1.1"]),
            connection=dice.choices([b"transfer-encoding", *NAMES], k=2),
            fields=dice.sample([name for name in NAMES if name != b"upgrade"], 2),
        )

    def send(self, data):
        cuts = self.dice.choice([0, 0, 2])
        for _ in range(cuts):
            at = self.dice.randrange(len(data))
            self.client.send(data[:at])
            data = data[at:]
        self.client.send(data)

    def read(self, token):
        reply = self.client.read_reply()
        if reply.status == 200:
            assert reply.body == (token + b".") * 50, (token, reply.body[:80])
            self.whole += 1
        else:
            assert reply.status in (400, 417, 502, 503), reply
            assert b"poison" not in reply.body


def let_play(port, seed, *engines):
    """Everybody plays at once; nobody may have got what is another's, and many a whole answer."""
    players = [Player(port, seed * 1000 + number, BEHAVIOURS // THREADS) for number in range(THREADS)]
    threads = [threading.Thread(target=player.run) for player in players]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [player.problems for player in players if player.problems] == []
    assert sum(player.whole for player in players) > BEHAVIOURS / 4
    meant = {target: read for player in players for target, read in player.meant.items()}
    for engine in engines:
        for side in engine.connections:
            assert_only_meant(bytes(side.received), meant)


def assert_only_meant(data, meant):
    """What an engine got on one connection is what clients meant, for both parsers of real engines."""
    for read in (read_by_h11, read_by_httptools):
        found = read(data)
        assert all(request.is_whole for request in found[:-1]), (read.__name__, data)
        for request in found:
            if request.is_whole and request.target != b"/health":
                assert request == meant.get(request.target), (read.__name__, data)
