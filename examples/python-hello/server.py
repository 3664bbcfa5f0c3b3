"""Says hello with Python's standard library alone."""

import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = int(os.environ.get("PORT", "3000"))
RELEASE = os.environ.get("PORTSIDE_RELEASE", "unreleased")
INSTANCE = os.environ.get("DYNO", "local")


class Hello(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        version = ".".join(str(part) for part in sys.version_info[:3])
        body = f"Hello from Python {version}: release {RELEASE}, instance {INSTANCE}\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, template, *values):
        print(template % values, flush=True)


def stop(_signal, _frame):
    print("SIGTERM: stopping", flush=True)
    raise SystemExit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    print(f"listening on port {PORT}", flush=True)
    ThreadingHTTPServer(("0.0.0.0", PORT), Hello).serve_forever()
