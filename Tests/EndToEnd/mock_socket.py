"""The server's end of a WebSocket (RFC 6455), as much of it as a browser under test needs."""

import base64
import hashlib
import json
import struct

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
NORMAL, TRY_AGAIN_LATER = 1000, 1013


def accept_of(key):
    return base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()


class MockSocket:
    """Reads from and writes to the streams of a connection whose handshake is done."""

    def __init__(self, reader, writer):
        self._reader = reader
        self._writer = writer
        self.is_open = True

    def messages(self):
        """What the client says, until it goes."""
        while self.is_open:
            head = self._reader.read(2)
            if len(head) < 2:
                break
            length = head[1] & 0x7F
            if length == 126:
                length = struct.unpack(">H", self._reader.read(2))[0]
            elif length == 127:
                length = struct.unpack(">Q", self._reader.read(8))[0]
            mask = self._reader.read(4)
            payload = bytes(byte ^ mask[index % 4] for index, byte in enumerate(self._reader.read(length)))
            if head[0] & 0x0F == TEXT:
                yield json.loads(payload)
            elif head[0] & 0x0F == CLOSE:
                break
        self.is_open = False

    def say(self, message):
        self._send(TEXT, json.dumps(message).encode())

    def close(self, code):
        if self.is_open:
            self._send(CLOSE, struct.pack(">H", code))
            self.is_open = False

    def _send(self, kind, payload):
        size = len(payload)
        length = bytes([size]) if size < 126 else struct.pack(">BH" if size < 65536 else ">BQ", 126 if size < 65536 else 127, size)
        try:
            self._writer.write(bytes([0x80 | kind]) + length + payload)
        except OSError:
            self.is_open = False
