"""aiosmtpd with STARTTLS and a login, in a process of its own: PORT FOLDER [CERTIFICATE KEY]. Mails become files."""

import ssl
import sys
import threading
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

port, folder, *certificate = sys.argv[1:]


class Mailbox:
    """Keeps mails, each in a file, with the envelope in front."""

    def __init__(self):
        self.count = 0

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        head = f"{envelope.mail_from} {','.join(envelope.rcpt_tos)} {'tls' if session.ssl else 'plain'}\n"
        part = Path(folder) / f"{self.count}.part"
        part.write_bytes(head.encode() + envelope.content)
        part.rename(part.with_suffix(".mail"))
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    return AuthResult(success=data.login == b"alerts" and data.password == b"open sesame", handled=False)


options = {}
if certificate:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    options = {
        "tls_context": context, "require_starttls": True, "authenticator": authenticate, "auth_required": True}
controller = Controller(Mailbox(), hostname="127.0.0.1", port=int(port), **options)
controller.start()
print("ready", flush=True)
threading.Event().wait()
