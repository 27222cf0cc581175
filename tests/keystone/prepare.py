"""Makes the cloud that every test copies: python prepare.py FOLDER

FOLDER gets keystone.db, fernet-keys, credential-keys, people.json (users with their passwords, projects with their
ids) and app-credential.json. The secrets are for tests on loopback and worth nothing elsewhere.
"""

import getpass
import grp
import json
import os
import subprocess
import sys

import cloud

URL = "http://127.0.0.1:1"
ADMIN_PASSWORD = "admin"
# Passwords with what has to be quoted in a shell, in JSON and on the wire.
PASSWORDS = {
    "alice": "correct horse battery",
    "bob": "it's $5 a \"month\" \\o/",
    "carol": "system wide",
    "erin": "grün ≠ blau",
}


def manage(configuration, *arguments):
    """Runs keystone-manage; its output is shown only when it fails."""
    program = os.path.join(os.path.dirname(sys.executable), "keystone-manage")
    command = [program, "--config-file", configuration, *arguments]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"keystone-manage {arguments[0]} failed:\n{done.stdout}{done.stderr}")


def create_cloud(folder):
    """The empty database, its keys and the administrator."""
    configuration = cloud.write_configuration(folder, URL)
    owner = ["--keystone-user", getpass.getuser(), "--keystone-group", grp.getgrgid(os.getgid()).gr_name]
    manage(configuration, "db_sync")
    manage(configuration, "fernet_setup", *owner)
    manage(configuration, "credential_setup", *owner)
    urls = [word for kind in ("admin", "public", "internal") for word in (f"--bootstrap-{kind}-url", f"{URL}/v3/")]
    manage(configuration, "bootstrap", "--bootstrap-password", ADMIN_PASSWORD, "--bootstrap-region-id", "RegionOne", *urls)
    return configuration


class Client:
    """Keystone's API, spoken to the application in this process: no port, no second client."""

    def __init__(self, configuration):
        from werkzeug.test import Client as Wsgi

        self.wsgi = Wsgi(cloud.application(configuration))

    def token(self, user, password, domain, project):
        """A project's token."""
        who = {"name": user, "password": password, "domain": {"name": domain}}
        scope = {"project": {"name": project, "domain": {"name": domain}}}
        auth = {"identity": {"methods": ["password"], "password": {"user": who}}, "scope": scope}
        return self.call(None, "POST", "/auth/tokens", {"auth": auth}).headers["X-Subject-Token"]

    def call(self, token, method, path, body=None):
        """One request; anything but a success ends the preparation."""
        headers = {"X-Auth-Token": token} if token else {}
        answer = self.wsgi.open("/v3" + path, method=method, json=body, headers=headers)
        if answer.status_code >= 300:
            sys.exit(f"{method} {path}: {answer.status_code} {answer.get_data(as_text=True)}")
        return answer

    def make(self, token, kind, path, **body):
        """Creates one thing and returns it."""
        return self.call(token, "POST", path, {kind: body}).get_json()[kind]


class Population:
    """Users and projects, written to people.json."""

    def __init__(self, client, admin):
        self.client, self.admin = client, admin
        roles = client.call(admin, "GET", "/roles").get_json()["roles"]
        self.roles = {role["name"]: role["id"] for role in roles}
        self.users = {"admin": {"password": ADMIN_PASSWORD, "domain": "Default"}}
        self.projects = {}

    def user(self, name, domain_id, domain):
        """A user with the password of the list above."""
        body = {"name": name, "password": PASSWORDS[name], "domain_id": domain_id}
        made = self.client.make(self.admin, "user", "/users", **body)
        self.users[name] = {"id": made["id"], "password": PASSWORDS[name], "domain": domain, "domain_id": domain_id}
        return made["id"]

    def project(self, name, domain_id, domain):
        """A project."""
        made = self.client.make(self.admin, "project", "/projects", name=name, domain_id=domain_id)
        self.projects[name] = {"id": made["id"], "domain": domain, "domain_id": domain_id}
        return made["id"]

    def grant(self, user, role, target):
        """A role on a project, a domain or the system (target is the URL's middle part)."""
        self.client.call(self.admin, "PUT", f"{target}/users/{user}/roles/{self.roles[role]}")


def populate(people):
    """Who works in this cloud, and where."""
    demo = people.project("demo", "default", "Default")
    other = people.project("other", "default", "Default")
    alice = people.user("alice", "default", "Default")
    bob = people.user("bob", "default", "Default")
    carol = people.user("carol", "default", "Default")
    for user, project in ((alice, demo), (alice, other), (bob, demo)):
        people.grant(user, "member", f"/projects/{project}")
    people.grant(alice, "member", "/domains/default")
    people.grant(alice, "reader", "/system")
    people.grant(carol, "reader", "/system")
    elsewhere = people.client.make(people.admin, "domain", "/domains", name="elsewhere")["id"]
    remote = people.project("remote", elsewhere, "elsewhere")
    people.grant(people.user("erin", elsewhere, "elsewhere"), "member", f"/projects/{remote}")


def application_credential(client, user_id):
    """An application credential of alice in the project demo."""
    token = client.token("alice", PASSWORDS["alice"], "Default", "demo")
    path = f"/users/{user_id}/application_credentials"
    made = client.make(token, "application_credential", path, name="robot", roles=[{"name": "member"}])
    return {"id": made["id"], "name": made["name"], "secret": made["secret"]}


def write(folder, name, value):
    """One JSON file of the folder."""
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        json.dump(value, file, indent=2, ensure_ascii=False)


def main():
    folder = os.path.abspath(sys.argv[1])
    client = Client(create_cloud(folder))
    people = Population(client, client.token("admin", ADMIN_PASSWORD, "Default", "admin"))
    populate(people)
    write(folder, "people.json", {"users": people.users, "projects": people.projects})
    write(folder, "app-credential.json", application_credential(client, people.users["alice"]["id"]))


if __name__ == "__main__":
    main()
