"""Signing a finished file with C2PA. Whatever is written to it afterwards breaks the signature."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from io import BytesIO
from typing import Any

from packshot.edges.credentials.actions import EDITED, OPENED, Action
from packshot.edges.credentials.certificate import examined
from packshot.edges.credentials.errors import CredentialsError
from packshot.edges.formats import detect_format
from packshot.errors import PackshotError

FORMATS = ("jpeg", "png", "webp", "avif")
"""Formats that can carry credentials, among those that packshot writes."""

_SOURCE = "source"  # how the manifest's parts call the source photo among themselves
_SETTINGS = {
    # Nothing is fetched, and no second, smaller copy of a photo is stored in its file.
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_after_sign": True},
    "builder": {"thumbnail": {"enabled": False}},
}


def sign(
    data: bytes,
    fmt: str,
    *,
    certificate_chain_pem: bytes,
    private_key_pem: bytes,
    alg: str,
    source: bytes,
    source_format: str,
    actions: Sequence[Action],
    digital_source_type: str | None,
    source_name: str = "source",
    timestamp_url: str | None = None,
) -> bytes:
    """``data`` with a C2PA manifest: the source opened as its parent, then ``actions``, in order.

    Pixels and metadata stay as they are. Credentials that the source carries stay readable in the new ones.

    Args:
        data: the finished file.
        fmt: its format, one of :data:`FORMATS`.
        certificate_chain_pem: the signer's certificate, then its issuers'.
        private_key_pem: its key, not encrypted.
        alg: one of :data:`packshot.edges.credentials.ALGORITHMS`.
        source: the photo that went in.
        source_format: its format, one of those that packshot reads.
        actions: what was done, see :func:`packshot.edges.credentials.actions_of`.
        digital_source_type: IPTC's URI, said of the first edit in place; of the first action where there is
            none; of the opening where nothing was done. None says nothing.
        source_name: title of the source in the manifest.
        timestamp_url: an RFC 3161 time-stamping authority, asked over the network; None asks nobody, and the
            signature is then good only while the certificate is.

    Raises:
        CredentialsError: the library, certificate, key, a file or the authority does not do; says what to do.
    """
    if fmt not in FORMATS:
        detail = f"packshot does not sign {fmt}. Choose one of: {', '.join(FORMATS)}."
        raise CredentialsError(detail=detail)
    for content, expected in ((data, fmt), (source, source_format)):
        _require_format(content, expected)
    chain, key = examined(certificate_chain_pem, private_key_pem, alg)
    c2pa = _library()
    signed = BytesIO()
    try:
        with c2pa.Context.from_dict(_SETTINGS) as context, c2pa.Builder(_manifest(), context) as builder:
            ingredient = {"title": source_name, "relationship": "parentOf", "label": _SOURCE}
            builder.add_ingredient(ingredient, f"image/{source_format}", BytesIO(source))
            for action in _written(actions, digital_source_type):
                builder.add_action(action)
            information = c2pa.C2paSignerInfo(alg, chain, key, timestamp_url)
            with c2pa.Signer.from_info(information) as signer:
                builder.sign(signer, f"image/{fmt}", BytesIO(data), signed)
    except c2pa.C2paError as error:
        raise CredentialsError(detail=_reason(str(error), timestamp_url)) from error
    return signed.getvalue()


def _manifest() -> dict[str, Any]:
    return {"claim_generator_info": [{"name": "packshot", "version": version("packshot")}]}


def _written(actions: Sequence[Action], digital_source_type: str | None) -> list[dict[str, Any]]:
    opened = {"action": OPENED, "parameters": {"ingredientIds": [_SOURCE]}}
    written = [opened, *(action.as_dict() for action in actions)]
    if digital_source_type is not None:
        edits = [action for action in written if action["action"] == EDITED]
        told = (edits or written[1:] or written)[0]
        told["digitalSourceType"] = digital_source_type
    return written


def _require_format(data: bytes, fmt: str) -> None:
    """The library takes anything for an ingredient, also what is no picture at all."""
    try:
        found = detect_format(data, "the file")
    except PackshotError as error:
        raise CredentialsError(detail=str(error)) from error
    if found != fmt:
        raise CredentialsError(detail=f"a file said to be {fmt} is {found}. Name each file's own format.")


def _library() -> Any:  # noqa: ANN401 - c2pa has no types
    try:
        import c2pa  # noqa: PLC0415 - an extra
    except (ImportError, OSError, RuntimeError) as error:  # the package, or its native library
        detail = f"c2pa-python does not load ({error}). Install it with `pip install 'packshot[c2pa]'`."
        raise CredentialsError(detail=detail) from error
    return c2pa


def _reason(said: str, timestamp_url: str | None) -> str:
    if timestamp_url is not None and "http" in said:
        return (
            f"the time-stamping authority {timestamp_url} does not do ({said}). Try again, or leave it out."
        )
    return f"the C2PA library refuses: {said}. See docs/proof.md for what a certificate needs."
