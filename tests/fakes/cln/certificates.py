"""What lightningd's plugins make at their first start: a CA, a server and a client with it, in PEM files of one folder; and a
client whose time is over."""

import datetime
import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOSTS = x509.SubjectAlternativeName([x509.DNSName("cln"), x509.DNSName("localhost")])


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _write(folder, name, certificate, key):
    with open(os.path.join(folder, name + ".pem"), "wb") as file:
        file.write(certificate.public_bytes(serialization.Encoding.PEM))
    descriptor = os.open(os.path.join(folder, name + "-key.pem"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                     serialization.NoEncryption()))


def _issue(subject, issuer, issuer_key, key, is_ca, days=3650):
    now = datetime.datetime.utcnow()
    return (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=30))
            .not_valid_after(now + datetime.timedelta(days=days)).add_extension(HOSTS, critical=False)
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
            .sign(issuer_key, hashes.SHA256()))


def write(folder):
    root_key, root = ec.generate_private_key(ec.SECP256R1()), _name("cln Root CA")
    _write(folder, "ca", _issue(root, root, root_key, root_key, True), root_key)
    for name, title, days in (("server", "cln grpc Server", 3650), ("client", "cln grpc Client", 3650),
                              ("expired", "cln grpc Client", -1)):
        key = ec.generate_private_key(ec.SECP256R1())
        _write(folder, name, _issue(_name(title), root, root_key, key, False, days), key)
