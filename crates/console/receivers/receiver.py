import base64
import hashlib
import hmac
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

SECRET = os.environ["WEBHOOK_SECRET"]


def is_genuine(headers, body: bytes) -> bool:
@@CHECK@@


class Receiver(BaseHTTPRequestHandler):
    def receive(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if is_genuine(self.headers, body):
            self.send_response(200)
            # Keep the body for later, and answer at once.
        else:
            self.send_response(401)
        self.end_headers()

    do_POST = do_PUT = do_PATCH = receive


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8000"))), Receiver).serve_forever()
