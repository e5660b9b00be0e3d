"""A TCP relay between two addresses that can be cut: nothing arrives, and nobody is told."""

import socket
import threading


class Cutter:
    def __init__(self, host, port, to_host):
        self.to = (to_host, port)
        self.is_cut = False
        self.passed = 0
        """Bytes that arrived on the other side, in both directions."""
        self.pairs = []
        self.listener = socket.create_server((host, port))
        threading.Thread(target=self._accept, daemon=True).start()

    def heal(self):
        """What went into the dark is lost with its connections."""
        self.is_cut = False
        self._close_pairs()

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self._close_pairs()

    def _close_pairs(self):
        pairs, self.pairs = self.pairs, []
        for one in pairs:
            for end in one:
                end.close()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            pair = [near]
            self.pairs.append(pair)
            if not self.is_cut:
                threading.Thread(target=self._relay, args=(near, pair), daemon=True).start()

    def _relay(self, near, pair):
        try:
            far = socket.create_connection(self.to, 5)
        except OSError:
            near.close()
            return
        pair.append(far)
        threading.Thread(target=self._pump, args=(far, near), daemon=True).start()
        self._pump(near, far)

    def _pump(self, source, goal):
        try:
            while data := source.recv(65536):
                if not self.is_cut:
                    goal.sendall(data)
                    self.passed += len(data)
        except OSError:
            pass
        if not self.is_cut:
            for end in (source, goal):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue
