"""The signing key: private, made once, and never two of it."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from packshot.edges.receipt import load_or_create, load_public, public_key_path
from packshot.edges.receipt.errors import KeyFileError


def test_a_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "keys"
    key = load_or_create(folder)
    assert (folder / "signing.key").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in folder.iterdir()) == ["signing.key", "signing.pub"]
    assert load_or_create(folder).keyid == key.keyid
    public = load_public(folder / "signing.pub")
    public.verify(key.sign(b"x"), b"x")
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert key.keyid == hashlib.sha256(der).hexdigest()
    assert "signing" not in repr(key)
    load_pem_private_key((folder / "signing.key").read_bytes(), None)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    load_or_create(tmp_path)
    (tmp_path / "signing.key").chmod(mode)
    with pytest.raises(KeyFileError, match="chmod 600"):
        load_or_create(tmp_path)


def test_of_many_that_make_a_key_one_wins(tmp_path: Path) -> None:
    barrier = Barrier(8)

    def make(_: int) -> str:
        barrier.wait()
        return load_or_create(tmp_path).keyid

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(make, range(8)))) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["signing.key", "signing.pub"]


def test_keys_that_are_none_are_refused(tmp_path: Path) -> None:
    load_or_create(tmp_path / "other")
    load_or_create(tmp_path)
    other = (tmp_path / "other" / "signing.pub").read_bytes()
    (tmp_path / "signing.pub").write_bytes(other)
    with pytest.raises(KeyFileError, match="does not belong"):
        load_or_create(tmp_path)
    for wrong in (b"", b"x", other):
        (tmp_path / "signing.key").write_bytes(wrong)
        with pytest.raises(KeyFileError, match="no plain private key"):
            load_or_create(tmp_path)
    curve = generate_private_key(SECP256R1())
    pem = curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "signing.key").write_bytes(pem)
    with pytest.raises(KeyFileError, match="no Ed25519 key"):
        load_or_create(tmp_path)
    public = tmp_path / "curve.pub"
    public.write_bytes(curve.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    with pytest.raises(KeyFileError, match="no Ed25519 key"):
        load_public(public)
    public.write_bytes(b"x")
    with pytest.raises(KeyFileError, match="no public key"):
        load_public(public)
    with pytest.raises(KeyFileError, match="No such file"):
        load_public(tmp_path / "nowhere.pub")


def test_a_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("x")
    with pytest.raises(KeyFileError):
        load_or_create(tmp_path / "keys")


def test_where_the_public_key_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PACKSHOT_HOME", str(tmp_path))
    assert public_key_path() == tmp_path / "keys" / "signing.pub"
    monkeypatch.setenv("PACKSHOT_HOME", "")
    assert public_key_path() == Path.home() / ".packshot" / "keys" / "signing.pub"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command")
def test_openssl_reads_the_public_key(tmp_path: Path) -> None:
    key = load_or_create(tmp_path)
    arguments = ["openssl", "pkey", "-pubin", "-in", str(tmp_path / "signing.pub"), "-outform", "DER"]
    der = subprocess.run(arguments, capture_output=True, check=True).stdout
    assert hashlib.sha256(der).hexdigest() == key.keyid
