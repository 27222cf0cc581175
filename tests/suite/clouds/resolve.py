"""Resolves clouds with openstacksdk itself, and prints what it says: one JSON object a line.

Run by a Python that has openstacksdk: resolve.py CASES FOLDER NUMBER. CASES is a YAML file: each case has a name, files (a
path below its folder, and what stands in it), an environment, and the cloud to resolve. NUMBER more are made at random,
the same ones each time. Each case's files stay in FOLDER/CASE, its working directory is FOLDER/CASE/here, its home
FOLDER/CASE/home.
"""

import contextlib
import importlib
import io
import json
import os
import random
import sys
import warnings
from pathlib import Path

import keystoneauth1.loading
import openstack.config.loader
import yaml

SETTINGS = {
    "auth_url": ["http://127.0.0.1:5000/v3", "https://Keystone.example.org:443/", "https://{region_name}.example.org/identity",
                 "https://k.example.org:5000/v2.0", None],
    "username": ["me", "caf\u00e9", 1234, "01", ""],
    "user_name": ["me2"],
    "user_id": ["u1", 77],
    "user_domain_name": ["Default", "Users", 12],
    "user-domain-name": ["Dashed"],
    "user_domain_id": ["default", "d1"],
    "project_name": ["web", "007", 8, 1.10],
    "project-name": ["dashed"],
    "tenant_name": ["old"],
    "tenant-id": ["oldid"],
    "project_id": ["0123456789abcdef0123456789abcdef", 42],
    "project_domain_name": ["Default", "P"],
    "project_domain_id": ["default"],
    "project-domain-id": ["pd"],
    "domain_name": ["D"],
    "domain-id": ["did"],
    "domain_id": ["d"],
    "system_scope": ["all"],
    "trust_id": ["t"],
    "default_domain_id": ["dd"],
    "default_domain_name": ["DD"],
    "password": ["pw", "p{w", 12345, "yes"],
    "application_credential_id": ["ac"],
    "application_credential_name": ["acn"],
    "application_credential_secret": ["s"],
    "token": ["t0ken"],
    "passcode": ["123456"],
}
USUAL = ["auth_url", "username", "password", "user_domain_name", "project_name", "project_domain_name"]
BESIDE = {
    "auth_type": ["password", "v3password", "v3applicationcredential", "v3totp", "token", None, "none"],
    "auth_plugin": ["password"],
    "region_name": ["R1", "R1,R2", ["R3", "R4"], 5, ""],
    "regions": [["a", "b"], [{"name": "c"}, "d"], [{"name": "e", "values": {"auth": {"project_name": "of-region"}}}],
                [{"name": "f", "values": {"auth_type": "v3password"}}], [{"values": {}}], []],
    "verify": [True, False, "/etc/ca.pem", None],
    "insecure": [True, False, "true", "no", None],
    "cacert": ["~/ca.pem", "/etc/ca.pem", "ca.pem", "/etc/{region_name}.pem"],
    "cert": ["~/cert.pem", "/c.pem"],
    "key": ["~/key.pem"],
    "profile": ["citycloud", "auro", "nobody", "ultimum", "fuga", "catalyst", "envvars", "mine"],
    "cloud": ["elastx"],
    "identity_api_version": [3, "3"],
    "interface": ["internal"],
}


def some(chance, names, choices):
    """Some of the settings, each with one of its values."""
    return {name: chance.choice(choices[name]) for name in names}


def generated(chance, number):
    """A random case."""
    auth = some(chance, [name for name in USUAL if chance.random() < 0.85], SETTINGS)
    auth |= some(chance, chance.sample(sorted(SETTINGS), chance.choice([0, 0, 1, 1, 2, 3])), SETTINGS)
    cloud = {"auth": auth} | some(chance, chance.sample(sorted(BESIDE), chance.choice([0, 0, 1, 2, 3])), BESIDE)
    if cloud.get("auth_type") == "v3applicationcredential":
        auth |= some(chance, ["application_credential_id", "application_credential_secret"], SETTINGS)
        auth.pop("password", None)
    if chance.random() < 0.3:
        cloud |= some(chance, chance.sample(sorted(SETTINGS), chance.choice([1, 2])), SETTINGS)
    files = {"here/clouds.yaml": yaml.safe_dump({"clouds": {"lab": cloud, "other": {}}}, allow_unicode=True)}
    if chance.random() < 0.25:
        secret = {"clouds": {"lab": {"auth": some(chance, ["password"], SETTINGS)}}}
        if chance.random() < 0.3:
            secret["clouds"]["lab"] |= some(chance, chance.sample(sorted(BESIDE), 1), BESIDE)
        files["here/secure.yaml"] = yaml.safe_dump(secret, allow_unicode=True)
    if cloud.get("profile") == "mine":
        public = {"public-clouds": {"mine": {"auth": some(chance, ["auth_url", "user_domain_id"], SETTINGS)}}}
        files["home/.config/openstack/clouds-public.yaml"] = yaml.safe_dump(public)
    return {"name": f"generated-{number}", "cloud": "lab", "files": files}


def resolve(case):
    """What openstacksdk says: the settings, or that it refuses."""
    try:
        loader = importlib.reload(openstack.config.loader)
        found = loader.OpenStackConfig().get_one(cloud=case.get("cloud"))
    except (Exception, SystemExit) as error:
        return {"refused": f"{type(error).__name__}: {error}"}
    config = found.config
    verify, cert = found.get_requests_verify_args()
    return {
        "auth": config["auth"],
        "auth_type": config["auth_type"],
        "region": config["region_name"],
        "verify": verify,
        "cert": cert,
        "cloud": found.name,
    }


def run(case, folder):
    """Resolves a case in a process of its own, since openstacksdk looks at the environment when it is loaded."""
    for path, text in case["files"].items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode("utf-8", "surrogateescape"))
    for name in ["here", "home"]:
        (folder / name).mkdir(parents=True, exist_ok=True)
    environment = {"HOME": str(folder / "home")}
    environment |= {name: value.format(folder=folder) for name, value in case.get("environment", {}).items()}
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        os.chdir(folder / "here")
        os.environ.clear()
        os.environ.update(environment)
        warnings.simplefilter("ignore")
        with contextlib.redirect_stderr(io.StringIO()):
            answer = resolve(case)
        with os.fdopen(write, "w") as out:
            json.dump(answer, out, default=str)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        result = json.load(answer)
    os.waitpid(child, 0)
    return {"name": case["name"], "cloud": case.get("cloud"), "environment": environment, "result": result}


def main():
    """Prints a line for each case."""
    cases, folder, number = sys.argv[1:]
    keystoneauth1.loading.get_available_plugin_loaders()
    chance = random.Random(20)
    every = yaml.safe_load(Path(cases).read_text(encoding="utf-8"))
    every += [generated(chance, count) for count in range(int(number))]
    for case in every:
        print(json.dumps(run(case, Path(folder) / case["name"])), flush=True)


main()
