"""What prepare.py and serve.py share: a cloud's folder and its configuration."""

import os
import sqlite3

TEMPLATE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "keystone.conf.in")


def write_configuration(folder, url, expiration=3600, lockout=None, lockout_duration=1800):
    """Writes keystone.conf into a cloud's folder and returns its path."""
    compliance = ""
    if lockout is not None:
        compliance = f"lockout_failure_attempts = {lockout}\nlockout_duration = {lockout_duration}"
    with open(TEMPLATE, encoding="utf-8") as template:
        text = template.read().format(folder=folder, url=url, expiration=expiration, compliance=compliance)
    path = os.path.join(folder, "keystone.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def write_endpoints(folder, url):
    """Gives the catalog of a copied cloud the address of the copy."""
    database = sqlite3.connect(os.path.join(folder, "keystone.db"))
    with database:
        database.execute("UPDATE endpoint SET url = ?", (f"{url}/v3/",))
    database.close()


def application(configuration):
    """Keystone itself, as a WSGI application in this process."""
    import sys

    # oslo.config reads the command line of the process; Keystone's takes no arguments.
    sys.argv = ["keystone"]
    os.environ["OS_KEYSTONE_CONFIG_FILES"] = configuration
    from keystone.server.wsgi import initialize_public_application

    return initialize_public_application()
