"""The Ed25519 key that signs receipts, in two files: one secret, one to hand out."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from packshot.edges.encode import write_atomically
from packshot.edges.receipt.errors import KeyFileError
from packshot.edges.secret_file import create_secret

PRIVATE, PUBLIC = "signing.key", "signing.pub"

_OTHERS = 0o077  # permission bits of everybody but the owner
_LARGEST = 2**16  # bytes; a PEM key has a few hundred


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key; ``repr`` does not show it."""

    private: Ed25519PrivateKey = field(repr=False)

    @property
    def public(self) -> Ed25519PublicKey:
        """The key that verifies."""
        return self.private.public_key()

    @property
    def keyid(self) -> str:
        """See :func:`keyid_of`."""
        return keyid_of(self.public)

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of the signature of ``message``."""
        return self.private.sign(message)


def keyid_of(key: Ed25519PublicKey) -> str:
    """SHA-256 of the public key's DER form (SubjectPublicKeyInfo), hexadecimal."""
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def keys_folder() -> Path:
    """``keys`` in ``PACKSHOT_HOME``, which is ``~/.packshot`` unless the environment says otherwise."""
    home = os.environ.get("PACKSHOT_HOME")
    return (Path(home) if home else Path.home() / ".packshot") / "keys"


def public_key_path() -> Path:
    """Where this machine's own public key is."""
    return keys_folder() / PUBLIC


def load_or_create(folder: Path) -> SigningKey:
    """The signing key in ``folder``, made when there is none; of two processes that make one, one wins.

    ``signing.key`` (PKCS #8 in PEM, mode 0600) is the secret, ``signing.pub`` is to be handed out.

    Raises:
        KeyFileError: the folder cannot be used, others can read the key, or the two files do not belong
            together.
    """
    path = folder / PRIVATE
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _create(path)
        key = _load(path)
        _publish(key, folder / PUBLIC)
    except OSError as error:
        raise KeyFileError(path=path, detail=f"{error.strerror}.") from error
    return key


def load_public(path: Path) -> Ed25519PublicKey:
    """The Ed25519 public key in a PEM file.

    Raises:
        KeyFileError: it cannot be read, or is something else.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST)
    except OSError as error:
        raise KeyFileError(path=path, detail=f"{error.strerror}. Name the signer's {PUBLIC}.") from error
    try:
        key = load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFileError(
            path=path, detail=f"it holds no public key in PEM. Name the signer's {PUBLIC}."
        ) from error
    if not isinstance(key, Ed25519PublicKey):
        raise KeyFileError(path=path, detail="it is no Ed25519 key; packshot signs with those only.")
    return key


def _create(path: Path) -> None:
    """Make a key at ``path``, unless another process was faster."""
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    create_secret(path, pem)


def _load(path: Path) -> SigningKey:
    with path.open("rb") as file:
        mode = os.fstat(file.fileno()).st_mode  # of what was opened, not of what the name is by now
        if mode & _OTHERS:
            fix = f"Run `chmod 600 {path}`, or remove it for a new key if others may have read it."
            raise KeyFileError(path=path, detail=f"others than its owner have access to it. {fix}")
        data = file.read(_LARGEST)
    try:
        key = load_pem_private_key(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        fix = "Restore it from a backup, or remove it and its .pub for a new key."
        raise KeyFileError(path=path, detail=f"it holds no plain private key in PEM. {fix}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(path=path, detail="it is no Ed25519 key; packshot signs with those only.")
    return SigningKey(key)


def _publish(key: SigningKey, path: Path) -> None:
    """Write the public key beside the private one, once."""
    pem = key.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    if not path.exists():
        write_atomically(path, pem)
    elif keyid_of(load_public(path)) != key.keyid:
        detail = f"it does not belong to {PRIVATE}. Remove it, and find out who put it there."
        raise KeyFileError(path=path, detail=detail)
