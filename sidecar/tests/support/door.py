"""A front door in a process of its own, and what its name leads to."""

import re
from pathlib import Path

from support.agent import Agent
from support.waiting import wait_for


class Door(Agent):
    """`backends` are scripted engines, or agents: whatever has a port."""

    module = "support.door_program"

    def __init__(self, folder, **environment):
        self.names = Path(folder) / "names.txt"
        environment = {
            "WINGS_MODE": "front-door",
            "WINGS_BACKENDS": "pods.test",
            "WINGS_BACKENDS_REFRESH_SECONDS": "0.15",
            "WINGS_BACKENDS_ASIDE_SECONDS": "0.3",
            **environment,
        }
        super().__init__(Path(folder) / "shared", 1, (), **environment)
        self.argv = (str(self.names),)
        self.lead_to()

    def lead_to(self, *backends):
        """The name has these addresses from now on; which the door learns at its next look."""
        self.write_names("".join(f"127.0.0.1 {one.port}\n" for one in backends))

    def write_names(self, text):
        fresh = self.names.with_suffix(".new")
        fresh.write_text(text)
        fresh.replace(self.names)

    def know(self, *backends):
        """... and it has learned it."""
        self.lead_to(*backends)
        shown = ", ".join(f"127.0.0.1:{port}" for port in sorted(one.port for one in backends))
        awaited = f"ready pods of pods.test: {shown or 'none'}"
        wait_for(lambda: self.names_told()[-1:] == [awaited], lambda: f"{awaited}, but {self.log()}")
        return self

    def names_told(self):
        """What the log says of its backends, whichever form it has."""
        return re.findall(r"ready pods of [^\"\n]*", self.log())

    @property
    def backends(self):
        return self.get("/health", cluster=True).json["backends"]

    def demand(self):
        return self.get("/demand", cluster=True).json

    def wait_demand(self, waiting, in_flight):
        awaited = {"waiting": waiting, "inFlight": in_flight, "demand": waiting + in_flight}
        return wait_for(
            lambda: self.demand() == awaited, lambda: f"{awaited}, but {self.demand()}\n{self.log()}"
        )
