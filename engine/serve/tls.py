"""The certificate of a library's front: made on first use, kept for its owner alone, known by its fingerprint."""

import datetime
import hashlib
import ipaddress
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from engine.errors import KinoraError, not_written
from engine.keys import write_private
from engine.language import tr

CERTIFICATE, KEY = "serve-cert.pem", "serve-key.pem"
MOST_ADDRESSES = 8
YEARS = 10  # clients know it by its fingerprint: a new one would be a stranger to them


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this front is, for TLS."""

    certificate: Path
    key: Path
    fingerprint: str  # SHA-256 of the certificate, in hex

    def context(self) -> ssl.SSLContext:
        """How a server speaks TLS as this one."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(self.certificate, self.key, password=_nobody)
        return made


def identity(
    folder: Path, certificate: Path | None = None, key: Path | None = None, names: Iterable[str] = ()
) -> Identity:
    """The given certificate with its key, or the library's own, which is made (for `names`, too) when there is none.

    Raises:
        KinoraError: they cannot be read, or do not belong together.
    """
    if (certificate is None) != (key is None):
        raise KinoraError(tr("A certificate and its key are needed, not one of them."), hint=tr("Give both."))
    if certificate is None or key is None:
        certificate, key = folder / CERTIFICATE, folder / KEY
        if not (certificate.exists() and key.exists()):
            _make(certificate, key, names)
    try:
        Identity(certificate, key, "").context()
        first = ssl.PEM_cert_to_DER_cert(_first(certificate.read_text(encoding="ascii")))
    except (OSError, ValueError) as error:
        raise KinoraError(
            tr("The certificate {path} or its key cannot be used: {error}.", path=certificate, error=error),
            hint=tr("Both are PEM files without a passphrase."),
        ) from error
    return Identity(certificate, key, hashlib.sha256(first).hexdigest())


def _first(pem: str) -> str:
    end = "-----END CERTIFICATE-----"
    start = pem.index("-----BEGIN CERTIFICATE-----")
    return pem[start : pem.index(end, start) + len(end)]


def _nobody() -> str:
    raise ValueError("the key has a passphrase")


def _make(certificate: Path, key: Path, called: Iterable[str]) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Kinora")])
    known = ("localhost", *_dns(socket.gethostname()), *(one for one in called if _fits(one)))
    names: list[x509.GeneralName] = [x509.DNSName(one) for one in dict.fromkeys(known)]
    names += [x509.IPAddress(ipaddress.ip_address(one)) for one in ("127.0.0.1", "::1", *own_addresses())]
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=2))  # a clock that is a little behind
        .not_valid_after(now + datetime.timedelta(days=365 * YEARS))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(secret, hashes.SHA256())
    )
    private = secret.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        write_private(key, private)
        write_private(certificate, made.public_bytes(serialization.Encoding.PEM))
    except OSError as error:
        raise not_written(error, tr("write the certificate")) from error


def own_addresses() -> list[str]:
    """The addresses by which others in the network may reach this machine, those of IPv4 first."""
    import psutil

    found = [
        ipaddress.ip_address(one.address)
        for ways in psutil.net_if_addrs().values()
        for one in ways
        if one.family in (socket.AF_INET, socket.AF_INET6) and "%" not in one.address
    ]
    plain = [one for one in dict.fromkeys(found) if not (one.is_loopback or one.is_link_local)]
    return [str(one) for one in sorted(plain, key=lambda one: one.version)][:MOST_ADDRESSES]


def _dns(name: str) -> list[str]:
    """A host's names that a certificate can hold."""
    plain = name.split(".")[0]
    return [one for one in (name, f"{plain}.local") if _fits(one)]


def _fits(name: str) -> bool:
    bare = name.replace("-", "").replace(".", "")
    return name.isascii() and bare.isalnum() and not bare.isdecimal()  # an address is no name
