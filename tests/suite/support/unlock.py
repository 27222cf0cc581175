"""Unlocks gnome-keyring's login collection as a login does, with no window: the password is on standard input.

gnome-keyring-daemon --unlock cannot do it to a daemon that runs already, and the session that carries the password
belongs to one connection, so that dbus-send cannot either.
"""

import sys

from jeepney import DBusAddress, new_method_call
from jeepney.io.blocking import open_dbus_connection
from jeepney.wrappers import unwrap_msg

BUS = "org.freedesktop.secrets"
SERVICE = "/org/freedesktop/secrets"
COLLECTION = SERVICE + "/collection/login"

connection = open_dbus_connection("SESSION")


def call(interface, method, signature, *body):
    """One call of the service; an error ends the program."""
    address = DBusAddress(SERVICE, BUS, interface)
    return unwrap_msg(connection.send_and_get_reply(new_method_call(address, method, signature, body)))


_, session = call("org.freedesktop.Secret.Service", "OpenSession", "sv", "plain", ("s", ""))
secret = (session, b"", sys.stdin.buffer.read(), "text/plain")
interface = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface"
call(interface, "UnlockWithMasterPassword", "o(oayays)", COLLECTION, secret)
