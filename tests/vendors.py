"""Prints src/identity/clouds/vendors.yaml: what a login needs of openstacksdk's own list of vendors.

Run by the Python of a virtual environment that has openstacksdk: target/tests/client/bin/python tests/vendors.py
"""

import yaml
from openstack.config import vendors

HEAD = """\
# From openstacksdk (openstack/config/vendors), cut down to what a login needs.
# Copyright (c) 2014 Hewlett-Packard Development Company, L.P., and the contributors of openstacksdk.
# Licensed under the Apache License, Version 2.0: see LICENSE-APACHE.
# Printed by tests/vendors.py; a test says when it is old.
"""
OF_A_LOGIN = ["auth", "auth_type", "cacert", "cert", "insecure", "key", "message", "profile", "region-name",
              "region_name", "regions", "status", "verify"]


def region(entry):
    """A region's own settings matter where they change the login."""
    if isinstance(entry, str):
        return entry
    values = {name: value for name, value in entry.get("values", {}).items() if name in OF_A_LOGIN}
    return {"name": entry["name"], "values": values} if values else entry["name"]


def main():
    """Prints the file."""
    kept = {}
    for name, profile in vendors._get_vendor_defaults().items():
        kept[name] = {key: value for key, value in profile.items() if key in OF_A_LOGIN}
        if "regions" in kept[name]:
            kept[name]["regions"] = [region(entry) for entry in kept[name]["regions"]]
    print(HEAD + yaml.safe_dump(kept, sort_keys=True, width=100), end="")


main()
