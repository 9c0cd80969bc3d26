"""A customer's receiver: keeps every webhook, verifies with the official library, answers as it is told."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

SOON = 20.0


class Delivery:
    """One webhook as it arrived."""

    def __init__(self, path, headers, body):
        self.path = path
        self.headers = headers
        self.body = body

    @property
    def id(self):
        return self.headers["webhook-id"]

    def is_signed_with(self, secret):
        """Whether the official library accepts it with this secret."""
        try:
            Webhook(secret).verify(self.body, dict(self.headers.items()))
        except WebhookVerificationError:
            return False
        return True


class Receiver:
    """Listens on a free loopback port until it is closed."""

    def __init__(self):
        self.failing = set()
        self._arrived = threading.Condition()
        self._deliveries = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def url(self, path):
        return f"http://127.0.0.1:{self._server.server_address[1]}{path}"

    def at(self, path):
        """What has arrived at a path so far."""
        with self._arrived:
            return [delivery for delivery in self._deliveries if delivery.path == path]

    def wait_for(self, path, count, timeout=SOON):
        """The webhooks at a path as soon as there are `count` of them."""
        enough = lambda: sum(delivery.path == path for delivery in self._deliveries) >= count
        with self._arrived:
            arrived = self._arrived.wait_for(enough, timeout)
            got = [delivery for delivery in self._deliveries if delivery.path == path]
        assert arrived, f"{len(got)} of {count} webhooks came to {path}"
        return got

    def take(self, delivery):
        with self._arrived:
            self._deliveries.append(delivery)
            self._arrived.notify_all()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


def _handler_for(receiver):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.take(Delivery(self.path, self.headers, body))
            self.send_response(500 if self.path in receiver.failing else 200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format, *args):
            pass

    return Handler
