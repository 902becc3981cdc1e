"""An authority of certificates for servers and clients on this machine, by the openssl command."""

import subprocess


def openssl(*arguments, **options):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, **options).stdout


class Authority:
    """Signs certificates; its own is the file `pem`."""

    def __init__(self, folder, name):
        self.folder = folder / name
        self.folder.mkdir()
        self.folder.chmod(0o755)
        self.pem = self.folder / "authority.pem"
        openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
            f"/CN={name}", "-keyout", self.folder / "authority.key", "-out", self.pem)

    def sign(self, name, names="DNS:localhost,IP:127.0.0.1", expired=False, file=None):
        """A certificate for the common name `name` with its key, as the paths of both; `file` is what they are called."""
        file = file or name
        key, request, extensions, pem = (self.folder / f"{file}.{kind}" for kind in ("key", "csr", "ext", "pem"))
        openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}", "-keyout",
            key, "-out", request)
        extensions.write_text(f"subjectAltName={names}\n")
        openssl(
            "x509", "-req", "-in", request, "-CA", self.pem, "-CAkey", self.folder / "authority.key", "-CAcreateserial",
            "-days", "-1" if expired else "30", "-extfile", extensions, "-out", pem)
        return pem, key

    def keystore(self, name, **options):
        """The same as one file with the key before the certificate, as Kafka takes it."""
        pem, key = self.sign(name, **options)
        store = pem.with_suffix(".store")
        store.write_bytes(key.read_bytes() + pem.read_bytes() + self.pem.read_bytes())
        return store
