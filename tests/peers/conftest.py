"""The bot and a worker as real processes, and between them and the people a Slack that others wrote."""

import fcntl
import shutil
import socket
import struct
from pathlib import Path

import pytest

from bot.settings import load_settings
from tests.bot.slack.conftest import running
from tests.peers.emulated import running_emulate
from tests.peers.local_slack import running_local_slack
from tests.peers.waiting import wait

PACKAGES = Path(__file__).parent / "node_modules"
LOCAL_SLACK = PACKAGES / "local-slack-linux-x64" / "bin" / "local-slack"
GET_FLAGS, SET_FLAGS, UP = 0x8913, 0x8914, 1
"""Linux's SIOCGIFFLAGS, SIOCSIFFLAGS and IFF_UP."""


@pytest.fixture(scope="session")
def has_own_network():
    """Whether nobody else can reach what listens here, as under `unshare --net`; its loopback is switched on then."""
    if [name for _, name in socket.if_nameindex()] != ["lo"]:
        return False
    with socket.socket() as any_socket:
        flags = struct.unpack("16sh14x", fcntl.ioctl(any_socket, GET_FLAGS, struct.pack("16sh14x", b"lo", 0)))[1]
        if not flags & UP:
            fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sh14x", b"lo", flags | UP))
    return True


@pytest.fixture(scope="module", params=["emulate", "local-slack"])
def peer(request, has_own_network, tmp_path_factory):
    if request.param == "local-slack":
        if not LOCAL_SLACK.exists():
            pytest.skip("npm's local-slack-linux-x64 is not installed: `make test-peers` does it, on x86-64 Linux")
        if not has_own_network:
            pytest.skip("local-slack listens to every network: `make test-peers` gives it one of its own, by `unshare`")
        with running_local_slack(str(LOCAL_SLACK), tmp_path_factory.mktemp("local-slack")) as peer:
            yield peer
        return
    node = shutil.which("node")
    if node is None or not (PACKAGES / "emulate").exists():
        pytest.skip("Node or npm's emulate is not installed: `make test-peers` installs the latter")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        door = f"http://127.0.0.1:{probe.getsockname()[1]}"
    with running_emulate(node, door) as peer:
        yield peer


@pytest.fixture(scope="module")
def records(peer, make_tiny_bundle, tmp_path_factory):
    """The records of the workspace; the bot works for it, and a worker that draws in no time and publishes."""
    from bot.pipeline.studio import Studio

    home = tmp_path_factory.mktemp("home")
    make_tiny_bundle(home / "models" / "tiny")
    requester, approver = peer.people["requester"], peer.people["approver"]
    (home / "roles.toml").write_text(f'[everywhere]\nrequesters = ["{requester}"]\napprovers = ["{approver}"]\n')
    usual = {"HOME": str(home), "MODEL": "tiny", "UPSCALE": "1", "COUNT": "2", "TIMEZONE": "UTC"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        for name, value in (usual | peer.settings).items():
            patch.setenv(f"EASEL_{name}", value)
        load_settings.cache_clear()
        studio = Studio(load_settings())
        assert studio.records.drawings() == []  # the database is made before processes race to do it
        with running("bot"), running("worker", "--queues", "draw,publish"):
            wait(peer.connected, "the bot")
            peer.install("approver")
            yield peer.records(studio)
        studio.records.engine.dispose()
    load_settings.cache_clear()
