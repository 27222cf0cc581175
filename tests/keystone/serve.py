"""Serves a fresh copy of the prepared cloud on loopback: python serve.py TEMPLATE [options]
or one to each who connects: python serve.py --to-each NAME

When it is ready it prints one line of JSON: {"port": ..., "tls_port": ..., "folder": ...}. It ends, and removes the
copy, when its standard input closes: so it never outlives the test that started it, however that test ends.
The folder holds access.log (one line of JSON a request, no secrets), keystone.log, and ca.pem with --tls.
Who writes a number of seconds into the folder's file `delay` holds back every answer by so much.

To load Keystone's code takes seconds. With --to-each it is loaded once: whoever connects to the abstract socket NAME sends TEMPLATE
and options as one line of JSON, and has in the connection the standard input and output of a server of their own.
"""

import argparse
import json
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
import traceback
import warnings

import cloud
import tls


def arguments(given):
    """What the command line says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("template")
    parser.add_argument("--expiration", type=int, default=3600, help="seconds that a token lives")
    parser.add_argument("--lockout", type=int, help="failed attempts until a user is locked out")
    parser.add_argument("--lockout-duration", type=int, default=1800, help="seconds that a user stays locked out")
    parser.add_argument("--tls", action="store_true", help="serve https too, and put it into the catalog")
    return parser.parse_args(given)


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


def to_each(name):
    """Starts a server for each connection, until standard input closes. Says `ready` when it can."""
    warnings.simplefilter("ignore")
    # Code alone: what Keystone configures and opens belongs to each server.
    import keystone.server.wsgi  # noqa: F401
    import waitress  # noqa: F401

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("\0" + name)
    listener.listen(64)
    print("ready", flush=True)
    while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
        connection, _ = listener.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            listener.close()
            os.dup2(connection.fileno(), 0)
            os.dup2(connection.fileno(), 1)
            connection.close()
            serve(arguments(json.loads(sys.stdin.buffer.readline())))
            os._exit(0)
        connection.close()


def serve(options):
    """Serves one cloud, from its start to its end."""
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
    if sys.argv[1:2] == ["--to-each"]:
        to_each(sys.argv[2])
    else:
        serve(arguments(sys.argv[1:]))
