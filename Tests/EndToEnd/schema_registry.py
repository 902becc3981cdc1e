"""A schema registry that speaks the documented REST interface, as far as clients and the product use it."""

import base64
import json
import re
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"


class SchemaRegistry:
    """What is registered, and the servers that tell it: several addresses of one registry, each of which can go away."""

    def __init__(self):
        self.schemas = {}
        self.subjects = {}
        # What `Authorization` must be, by port.
        self.authorization = {}
        self.lock = threading.Lock()
        self.servers = {}
        # (port, method, path)
        self.requests = []

    def require(self, port, user, password):
        """Takes only this user's requests at the port."""
        self.authorization[port] = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    def register(self, subject, schema):
        """Registers the schema (its JSON members) under the subject, unless it is there, and returns its id."""
        with self.lock:
            known = next((number for number, other in self.schemas.items() if other == schema), None)
            number = known or max(self.schemas, default=0) + 1
            self.schemas[number] = schema
            versions = self.subjects.setdefault(subject, [])
            if number not in versions:
                versions.append(number)
            return number

    def listen(self, port=0, certificate=None):
        """Answers at the port from now on, and returns it; with a certificate over TLS."""
        server = ThreadingHTTPServer(("127.0.0.1", port), self.handler())
        server.open = set()
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, certificate.with_suffix(".key"))
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        self.servers[server.server_port] = server
        return server.server_port

    def go_away(self, port):
        """Nobody answers at the port any more, on no connection either."""
        server = self.servers.pop(port)
        server.shutdown()
        for connection in list(server.open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        server.server_close()

    def close(self):
        for port in list(self.servers):
            self.go_away(port)

    def asked(self, port):
        """The paths that were asked for there."""
        return [path for where, _, path in self.requests if where == port]

    def answer(self, method, path, body):
        """(status, JSON value) of a request."""
        number = re.fullmatch(r"/schemas/ids/(\d+)", path)
        if number and method == "GET":
            schema = self.schemas.get(int(number[1]))
            return (200, schema) if schema else (404, {"error_code": 40403, "message": f"Schema {number[1]} not found"})
        versions = re.fullmatch(r"/subjects/([^/]+)/versions", path)
        if versions and method == "POST":
            return 200, {"id": self.register(unquote(versions[1]), body)}
        subject = re.fullmatch(r"/subjects/([^/]+)(?:/versions/(latest|\d+))?", path)
        if not subject:
            return 404, {"error_code": 404, "message": "HTTP 404 Not Found"}
        name, version = unquote(subject[1]), subject[2]
        ids = self.subjects.get(name)
        if not ids:
            return 404, {"error_code": 40401, "message": f"Subject '{name}' not found."}
        if method == "POST":
            index = next((index for index, number in enumerate(ids) if self.schemas[number] == body), None)
        else:
            index = len(ids) - 1 if version == "latest" else int(version or 0) - 1
        if index is None or index not in range(len(ids)):
            return 404, {"error_code": 40402, "message": "Version not found"}
        return 200, {"subject": name, "version": index + 1, "id": ids[index]} | self.schemas[ids[index]]

    def handler(registry):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                self.server.open.add(self.connection)

            def finish(self):
                self.server.open.discard(self.connection)
                super().finish()

            def do_GET(self):
                self.respond({})

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
                # What the client says of it only when there is something to say.
                self.respond({name: value for name, value in body.items() if value})

            def respond(self, body):
                path = urlsplit(self.path).path
                port = self.server.server_port
                registry.requests.append((port, self.command, path))
                if registry.authorization.get(port) not in (None, self.headers.get("Authorization")):
                    status, value = 401, {"error_code": 401, "message": "Unauthorized"}
                else:
                    status, value = registry.answer(self.command, path, body)
                data = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", MEDIA_TYPE)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        return Handler
