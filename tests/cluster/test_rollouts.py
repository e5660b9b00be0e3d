"""Upgrades, roll-backs and deletions while clients go on asking."""

from __future__ import annotations


def test_an_upgrade_with_a_spare_device_loses_no_request(release, clients):
    fake = release("fake")
    fake.install_ok("--set", "replicas=2", "--set", "rollout.maxSurge=1", "--set",
                    "rollout.maxUnavailable=0")  # fmt: skip
    fake.wait_ready(2)
    with clients.load(fake.url) as load:
        fake.upgrade_ok("--set", "engine.args.max-num-seqs=7", "--wait")
        seen = load.result()
    assert set(seen["statuses"]) == {"200"}, seen
    assert "7" in fake.argv(fake.wait_ready(2)[0])
