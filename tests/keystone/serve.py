"""Serves a fresh copy of the prepared cloud on loopback: python serve.py TEMPLATE [options]

When it is ready it prints one line of JSON: {"port": ..., "tls_port": ..., "folder": ...}. It ends, and removes the
copy, when its standard input closes: so it never outlives the test that started it, however that test ends.
The folder holds access.log (one line of JSON a request, no secrets), keystone.log, and ca.pem with --tls.
Who writes a number of seconds into the folder's file `delay` holds back every answer by so much.
"""

import argparse
import json
import os
import shutil
import socket
import sys
import tempfile
import threading
import time
import traceback

import cloud
import tls


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("template")
    parser.add_argument("--expiration", type=int, default=3600, help="seconds that a token lives")
    parser.add_argument("--lockout", type=int, help="failed attempts until a user is locked out")
    parser.add_argument("--lockout-duration", type=int, default=1800, help="seconds that a user stays locked out")
    parser.add_argument("--tls", action="store_true", help="serve https too, and put it into the catalog")
    return parser.parse_args()


def copy(template):
    """A folder of our own with the template's database and keys."""
    folder = tempfile.mkdtemp(prefix="ostoken-cloud-")
    shutil.copy(os.path.join(template, "keystone.db"), folder)
    for keys in ("fernet-keys", "credential-keys"):
        shutil.copytree(os.path.join(template, keys), os.path.join(folder, keys))
    return folder


def end_with_stdin(folder):
    """Waits for the end of standard input, then takes the process and its folder away."""
    sys.stdin.buffer.read()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


def loopback():
    """A listening socket on a free port."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen(1024)
    return listener


class Journal:
    """Passes requests on to Keystone, writes each into access.log, and delays answers when told to."""

    def __init__(self, application, folder):
        self.application = application
        self.log = open(os.path.join(folder, "access.log"), "a", encoding="utf-8")
        self.delay = os.path.join(folder, "delay")
        self.lock = threading.Lock()

    def __call__(self, environ, start_response):
        status = []

        def started(line, headers, exc_info=None):
            status.append(int(line.split()[0]))
            return start_response(line, headers, exc_info)

        methods = self.methods(environ)
        body = self.application(environ, started)
        self.write(environ, methods, status[-1] if status else 0)
        time.sleep(self.seconds())
        return body

    @staticmethod
    def methods(environ):
        """The names of the methods in an authentication request, and nothing else of it."""
        if environ["REQUEST_METHOD"] != "POST":
            return []
        stream = environ["wsgi.input"]
        text = stream.read()
        stream.seek(0)
        try:
            names = json.loads(text)["auth"]["identity"]["methods"]
            return [name for name in names if isinstance(name, str)]
        except (ValueError, KeyError, TypeError):
            return []

    def write(self, environ, methods, status):
        """One line, complete before the answer leaves."""
        entry = {
            "time": time.time(),
            "method": environ["REQUEST_METHOD"],
            "path": environ.get("SCRIPT_NAME", "") + environ["PATH_INFO"],
            "status": status,
            "auth": methods,
            "agent": environ.get("HTTP_USER_AGENT", ""),
        }
        with self.lock:
            self.log.write(json.dumps(entry) + "\n")
            self.log.flush()

    def seconds(self):
        """How long answers are to wait at this moment."""
        try:
            with open(self.delay, encoding="utf-8") as file:
                return float(file.read())
        except (OSError, ValueError):
            return 0.0


def start(options, folder):
    """The server, and the line of JSON that says where it is."""
    plain = loopback()
    port = plain.getsockname()[1]
    tls_port = tls.front(folder, loopback(), port) if options.tls else None
    url = f"https://127.0.0.1:{tls_port}" if options.tls else f"http://127.0.0.1:{port}"
    lockout = {"lockout": options.lockout, "lockout_duration": options.lockout_duration}
    configuration = cloud.write_configuration(folder, url, options.expiration, **lockout)
    cloud.write_endpoints(folder, url)
    application = Journal(cloud.application(configuration), folder)

    import waitress

    server = waitress.create_server(application, sockets=[plain], threads=4, clear_untrusted_proxy_headers=True)
    return server, {"port": port, "tls_port": tls_port, "folder": folder}


def main():
    options = arguments()
    folder = copy(os.path.abspath(options.template))
    threading.Thread(target=end_with_stdin, args=(folder,), daemon=True).start()
    log = os.open(os.path.join(folder, "keystone.log"), os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o600)
    # Keystone logs to both. Whoever started this reads one line, and need not drain a pipe for the rest.
    answer, console = os.dup(1), os.dup(2)
    os.dup2(log, 1)
    os.dup2(log, 2)
    try:
        server, where = start(options, folder)
    except BaseException:
        # Nobody learns of the folder any more: what Keystone had to say goes to the console.
        traceback.print_exc()
        sys.stderr.flush()
        os.write(console, os.pread(log, 1 << 20, 0))
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(1)
    os.write(answer, (json.dumps(where) + "\n").encode())
    os.close(answer)
    server.run()


if __name__ == "__main__":
    main()
