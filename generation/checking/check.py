"""All checks of a folder: files, hashes, networks, one picture, and what is compared with goldens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from generation.checking.golden_file import Missing, compare_all, read_golden
from generation.checking.networks import Networks
from generation.checking.report import Check, Comparison, Outcome, Report
from generation.errors import GenerationError, ModelFileError
from generation.files.allowed import check_file
from generation.models.bundle import HASHED_AT_EACH_OPENING, ModelBundle, bundle_files
from generation.models.kinds import Kind, kind_of
from generation.models.manifest import MANIFEST_NAME

_PROMPT = "a red circle on a white background"


def check_model(folder: Path, golden: Path | None = None, texts: Sequence[Path] = ()) -> Report:
    """Check a bundle, or the bare folder of a DalleBart, VQGAN, CLIP or tokenizer.

    `golden` is a `.npz` of the oracle's arrays, any subset of them; `texts` are files of text cases. What does not
    apply is reported as skipped. Raises ModelFileError for a folder or file that cannot be read at all.
    """
    if not folder.is_dir():
        raise ModelFileError(f"{folder}: is no folder; name the folder that holds config.json and the weights.")
    kind = kind_of(folder)
    networks = Networks(folder, kind)
    checks = [_run(name, check, networks) for name, check in _CHECKS.items()]
    compared = tuple(_compared(networks, golden)) if golden else ()
    from generation.checking.texts import compare_texts

    cases = tuple(case for path in texts for case in compare_texts(networks, path))
    if kind == Kind.UNKNOWN:
        why = "neither a bundle nor the folder of a DalleBart, VQGAN, CLIP or tokenizer"
        checks.append(Check("kind", Outcome.FAILED, why))
    for name, asked in (("golden", compared), ("text", cases)):
        if asked and all(one.outcome == Outcome.SKIPPED for one in asked):
            checks.append(Check(name, Outcome.FAILED, f"nothing of it could be compared with a {kind}"))
    return Report(str(folder), str(kind), tuple(checks), compared, cases)


def _run(name: str, check: Callable[[Networks], str], networks: Networks) -> Check:
    try:
        return Check(name, Outcome.PASSED, check(networks))
    except Missing as reason:
        return Check(name, Outcome.SKIPPED, f"needs {reason}")
    except GenerationError as error:
        return Check(name, Outcome.FAILED, str(error))


def _files(networks: Networks) -> str:
    paths = bundle_files(networks.folder)
    for path in paths:
        check_file(networks.folder, path)
    return f"{len(paths)} files of the right kind and size"


def _hashes(networks: Networks) -> str:
    if not (networks.folder / MANIFEST_NAME).exists():
        raise Missing(MANIFEST_NAME)
    bundle = ModelBundle.open(networks.folder)
    if bundle.size_in_bytes > HASHED_AT_EACH_OPENING:
        bundle.verify_hashes()
    return f"{len(bundle.manifest.files)} files, revision {bundle.revision[:12]}"


def _dalle(networks: Networks) -> str:
    config = networks.dalle.config
    return (
        f"{config.encoder_layers} + {config.decoder_layers} layers of {config.d_model}, {config.image_length} codes; "
        "all arrays there, of their shapes, and finite"
    )


def _vqgan(networks: Networks) -> str:
    config = networks.vqgan.config
    return f"{config.resolution} px, {config.n_embed} codes; all arrays there, of their shapes, and finite"


def _clip(networks: Networks) -> str:
    config = networks.clip.config
    return f"{config.image_size} px to {config.projection_dim} numbers; all arrays there, of their shapes, and finite"


def _tokenizer(networks: Networks) -> str:
    tokenised = networks.tokeniser()([_PROMPT])
    return f"{int(tokenised.mask.sum())} ids for {_PROMPT!r}"


def _picture(networks: Networks) -> str:
    """Draw a picture with a bundle; with a bare VQGAN, decode its first codes."""
    import numpy as np

    if networks.kind == Kind.VQGAN:
        from generation.checking.pixels import decode_codes

        config = networks.vqgan.config
        codes = np.arange(config.grid**2, dtype=np.int32)[None] % config.n_embed
        pixels = decode_codes(networks.vqgan, codes)
        if not np.isfinite(pixels).all():
            raise ModelFileError(f"{networks.folder}: decodes to pixels that are no numbers.")
        return f"decoded to {pixels.shape[2]} x {pixels.shape[1]} px"
    if networks.kind != Kind.BUNDLE:
        raise Missing("a bundle, or a VQGAN")
    from generation.generators import DalleMini, DrawRequest

    (candidate,) = DalleMini.load(networks.folder).draw([DrawRequest(_PROMPT, seed=0)])
    if not np.isfinite(candidate.score):
        raise ModelFileError(f"{networks.folder}: draws a picture whose score is no number.")
    return f"{candidate.image.width} x {candidate.image.height} px, score {candidate.score:.3f}"


_CHECKS: Mapping[str, Callable[[Networks], str]] = {
    "files": _files,
    "sha-256": _hashes,
    "DalleBart": _dalle,
    "VQGAN": _vqgan,
    "CLIP": _clip,
    "tokenizer": _tokenizer,
    "picture": _picture,
}


def _compared(networks: Networks, path: Path) -> Iterator[Comparison]:
    """Choose by its keys which network a golden file is about, and compare."""
    from generation.checking import dalle, pixels

    golden = read_golden(path)
    if networks.kind == Kind.CLIP or golden.keys() & pixels.CLIP_KEYS:
        yield from compare_all(golden, pixels.ClipGoldens(networks, golden).computed(), pixels.CLIP_INPUTS)
    elif networks.kind == Kind.VQGAN or golden.keys() & pixels.VQGAN_KEYS:
        yield from compare_all(golden, pixels.VqganGoldens(networks, golden).computed(), pixels.VQGAN_INPUTS)
    else:
        computed = dict(dalle.DalleGoldens(networks, golden, path.parent).computed())
        if golden.keys() & END_TO_END_KEYS:
            computed |= pixels.VqganGoldens(networks, golden).computed()
        yield from compare_all(golden, computed, dalle.INPUTS)


END_TO_END_KEYS = frozenset({"decoded", "images_uint8"})
