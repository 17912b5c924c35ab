"""What the tests of several rooms share."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ORACLE = Path(__file__).parent / "data" / "oracle"


@pytest.fixture(scope="session")
def make_tiny_bundle() -> Callable[[Path], Path]:
    """Make a whole bundle, "tiny", of the oracle's networks in a new folder: it draws 32 px of noise in no time."""
    from generation.generators import SamplingSettings
    from generation.models.bundle import seal_bundle
    from generation.models.manifest import Manifest

    def make(folder: Path) -> Path:
        for part, target in (("dalle-mini-scan", folder), ("vqgan-f4", folder / "vqgan")):
            target.mkdir(parents=True)
            for file in (ORACLE / part).iterdir():
                if file.name not in ("golden.npz", "params.json", "prompts.json"):
                    shutil.copyfile(file, target / file.name)
        sampling = SamplingSettings(guidance_scale=3.0, top_k=1)
        seal_bundle(folder, Manifest("tiny", licence="Apache-2.0", sampling=sampling))
        return folder

    return make


@pytest.fixture(scope="session")
def networks_process() -> Iterator[Any]:
    """The local X and LinkedIn. What one test does there another meets, unless its `networks` begins anew."""
    from playground.networks.process import running_networks

    with running_networks() as networks:
        yield networks


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's chromium, headless. It ends with the module: until then its event loop would be in others' way."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Debian's chromium is not installed (apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    flags = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    flags += " --disable-component-update --disable-sync"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=flags.split())
        yield browser
        browser.close()


@pytest.fixture
def easel_here(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., SimpleNamespace]:
    """Run `easel` in this process, which is faster than in one of its own: what it said, and its exit status."""
    from bot.cli import main
    from bot.settings import load_settings

    def run(*arguments: str) -> SimpleNamespace:
        monkeypatch.setattr("sys.argv", ["easel", *arguments])
        load_settings.cache_clear()
        with pytest.raises(SystemExit) as ended:
            main()
        told = capfd.readouterr()
        return SimpleNamespace(returncode=ended.value.code or 0, stdout=told.out, stderr=told.err)

    return run
