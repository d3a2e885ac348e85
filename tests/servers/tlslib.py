"""Certificates for tests of TLS, made with the openssl of the machine."""
import os
import shutil
import socket
import subprocess

from serverlib import skip


def need_openssl():
    if not shutil.which("openssl"):
        skip("there is no openssl to make certificates with")


def make_certificates(folder):
    """ca.pem, and a certificate of 127.0.0.1 and localhost by it; another.pem is another CA."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    for name in ("ca", "another"):
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                f"/CN=test {name}", "-keyout", f"{name}.key", "-out", f"{name}.pem")
    with open(os.path.join(folder, "names"), "w", encoding="ascii") as file:
        file.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout",
            "server.key", "-out", "server.csr")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", "server.pem")


def another_name():
    """A name of this machine that the certificate is not for; None: there is none."""
    return next((name for name in (socket.gethostname(), "ip6-localhost", "localhost.")
                 if resolves(name)), None)


def resolves(name):
    try:
        return socket.gethostbyname(name) == "127.0.0.1"
    except OSError:
        return False
