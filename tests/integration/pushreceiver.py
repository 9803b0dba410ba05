#!/usr/bin/env python3
"""A receiver of the push hook, for tests: verifies what comes with code of its own.

    pushreceiver.py SECRET [CERTIFICATE KEY]

Listens on a free port of 127.0.0.1, with TLS when a certificate is given, and says `port N`. Each request is one line
of JSON on standard output: `signed` (the HMAC of the first secret is among the signatures and the time is right), `id`,
`connection` (their number so far), `status` (what it was answered), `body`. Lines on standard input say what comes
next: `status N [N …]` (a queue; 204 after that), `hold` (answer nothing until `go`), `go`. Ends with its input.
"""
import base64
import hashlib
import hmac
import http.server
import json
import ssl
import sys
import threading
import time

SECRET = base64.b64decode(sys.argv[1].removeprefix("whsec_"))
lock = threading.Lock()
statuses = []
free = threading.Event()
free.set()
connections = 0


def signed(headers, body):
    stamp = headers.get("webhook-timestamp", "")
    if not stamp.isdigit() or abs(time.time() - int(stamp)) > 300:
        return False
    text = headers.get("webhook-id", "").encode() + b"." + stamp.encode() + b"." + body
    wanted = "v1," + base64.b64encode(hmac.new(SECRET, text, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(wanted, one) for one in headers.get("webhook-signature", "").split(" "))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        global connections
        super().setup()
        with lock:
            connections += 1

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with lock:
            status = statuses.pop(0) if statuses else 204
            line = {"signed": signed(self.headers, body), "id": self.headers.get("webhook-id"), "path": self.path,
                    "connection": connections, "status": status, "body": json.loads(body)}
            print(json.dumps(line), flush=True)
        free.wait()
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # a client that goes away, or refuses the certificate, is part of the test

    def finish_request(self, request, client_address):
        if len(sys.argv) > 3:
            request = context.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)


if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
server = Server(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print("port", server.server_address[1], flush=True)
for command in sys.stdin:
    words = command.split()
    if words[0] == "status":
        with lock:
            statuses.extend(int(word) for word in words[1:])
    elif words[0] == "hold":
        free.clear()
    elif words[0] == "go":
        free.set()
    print("ok", flush=True)
