"""Whether a certificate and a key can sign Content Credentials, said before the library fails in one word."""

from __future__ import annotations

from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

from packshot.edges.credentials.errors import CredentialsError

_CURVES = {"es256": "secp256r1", "es384": "secp384r1", "es512": "secp521r1"}
ALGORITHMS = (*_CURVES, "ps256", "ps384", "ps512", "ed25519")
"""Signature algorithms of C2PA."""

# The purposes of a signing certificate (C2PA, section on certificate profiles).
_PURPOSES = frozenset(
    {
        ExtendedKeyUsageOID.EMAIL_PROTECTION,
        x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36"),  # document signing
        x509.ObjectIdentifier("1.3.6.1.4.1.62558.2.1"),  # C2PA claim signing
    }
)


def examined(chain_pem: bytes, key_pem: bytes, alg: str) -> tuple[bytes, bytes]:
    """The chain and the key as the library wants them: leaf first, PKCS #8.

    Raises:
        CredentialsError: they cannot sign with ``alg``; the message says what to provide instead.
    """
    if alg not in ALGORITHMS:
        raise CredentialsError(detail=f"unknown algorithm {alg!r}. Choose one of: {', '.join(ALGORITHMS)}.")
    chain, key = _chain(chain_pem), _key(key_pem)
    _require_kind(key, alg)
    leaf = chain[0]
    if _der(leaf.public_key()) != _der(key.public_key()):
        detail = "the private key is not that of the first certificate. List the signer's certificate first."
        raise CredentialsError(detail=detail)
    _require_fit(leaf)
    pem = b"".join(certificate.public_bytes(Encoding.PEM) for certificate in chain)
    return pem, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _chain(pem: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        detail = "the certificate chain is no PEM. Give the signer's certificate, then its issuers'."
        raise CredentialsError(detail=detail) from error


def _key(pem: bytes) -> EllipticCurvePrivateKey | Ed25519PrivateKey | RSAPrivateKey:
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        detail = "the private key is no unencrypted key in PEM. Decrypt it, or export it again."
        raise CredentialsError(detail=detail) from error
    if not isinstance(key, (EllipticCurvePrivateKey, Ed25519PrivateKey, RSAPrivateKey)):
        raise CredentialsError(detail="the private key is of a kind that C2PA does not know.")
    return key


def _require_kind(key: EllipticCurvePrivateKey | Ed25519PrivateKey | RSAPrivateKey, alg: str) -> None:
    if isinstance(key, EllipticCurvePrivateKey):
        fits, found = _CURVES.get(alg) == key.curve.name, key.curve.name
    elif isinstance(key, Ed25519PrivateKey):
        fits, found = alg == "ed25519", "ed25519"
    else:
        fits, found = alg.startswith("ps") and key.key_size >= 2048, f"rsa of {key.key_size} bits"
    if not fits:
        raise CredentialsError(detail=f"a key of kind {found} does not sign {alg}. Name the key's algorithm.")


def _require_fit(leaf: x509.Certificate) -> None:
    now = datetime.now(UTC)
    if not leaf.not_valid_before_utc <= now <= leaf.not_valid_after_utc:
        span = f"{leaf.not_valid_before_utc:%Y-%m-%d} to {leaf.not_valid_after_utc:%Y-%m-%d}"
        raise CredentialsError(detail=f"the certificate is valid from {span}. Renew it.")
    try:
        purposes = set(leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        purposes = set()
    if not purposes & _PURPOSES:
        detail = (
            "the certificate is for another purpose. Ask for one with extended key usage C2PA claim signing, "
            "document signing or e-mail protection; a web server's does not do."
        )
        raise CredentialsError(detail=detail)


def _der(key: object) -> bytes:
    der: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined]
    return der
