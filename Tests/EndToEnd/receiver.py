"""A server that takes messages, and answers as a test wants."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Request:
    """What arrived."""

    def __init__(self, path, headers, body, status):
        self.path = path
        self.headers = headers
        self.body = body
        self.status = status

    @property
    def json(self):
        return json.loads(self.body)


class Receiver:
    """`answer` gives the status for a request, by its number; None: none is given until the receiver ends."""

    def __init__(self, answer=lambda number: 200):
        self.requests = []
        self.lock = threading.Lock()
        self.ended = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver.lock:
                    status = answer(len(receiver.requests))
                    receiver.requests.append(Request(self.path, self.headers, body, status))
                if status is None:
                    receiver.ended.wait()
                    return
                self.send_response(status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    @property
    def taken(self):
        with self.lock:
            return [request for request in self.requests if request.status == 200]

    def stop(self):
        self.ended.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
