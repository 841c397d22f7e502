"""Content Credentials (C2PA) for what is made, where a certificate is set up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from packshot.edges.credentials import actions_of, sign
from packshot.edges.credentials.sign import FORMATS
from packshot.edges.formats import detect_format
from packshot.edges.provenance import provenance_of
from packshot.errors import UsageError
from packshot.executors.outputs import File
from packshot.executors.treatment import Treated
from packshot.service.settings import Settings


def credentialed(settings: Settings, treated: Treated) -> Sequence[File]:
    """The files of a photo, each signed with the photo that came in as its parent; or as they are.

    It is the last thing done to a file. A format that cannot hold credentials stays unsigned: the receipt
    covers it.

    Raises:
        CredentialsError, UsageError: the certificate or the key does not do; says what to do.
    """
    pair = certificate_of(settings)
    if pair is None or treated.photo is None:
        return treated.files
    chain, key = pair
    origin, steps = treated.photo.origin, treated.trail.steps
    signed = []
    for file in treated.files:
        fmt = detect_format(file.data, file.name)
        if fmt not in FORMATS:
            signed.append(file)
            continue
        data = sign(
            file.data,
            fmt,
            certificate_chain_pem=chain,
            private_key_pem=key,
            alg=settings.c2pa_algorithm,
            source=origin.data,
            source_format=origin.format,
            actions=actions_of(steps, opened_as=origin.format, written_as=fmt),
            digital_source_type=provenance_of(steps).digital_source_type,
            source_name=Path(origin.name).name,
        )
        signed.append(replace(file, data=data))
    return signed


def certificate_of(settings: Settings) -> tuple[bytes, bytes] | None:
    """The certificate's chain and its key (PEM); None where none is set up.

    Raises:
        UsageError: only one of them is set, or one cannot be read.
    """
    if (settings.c2pa_certificate is None) != (settings.c2pa_key is None):
        raise UsageError(detail="Set PACKSHOT_C2PA_CERTIFICATE and PACKSHOT_C2PA_KEY, or neither.")
    if settings.c2pa_certificate is None or settings.c2pa_key is None:
        return None
    return _pem(settings.c2pa_certificate), _pem(settings.c2pa_key)


@lru_cache(maxsize=4)
def _pem(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(detail=f"Cannot read {path}: {error.strerror}.") from error
