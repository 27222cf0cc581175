"""What a prompt costs with ostoken's hook and with others, in each shell: tests/bench --hooks [ROUNDS]

In every round, inside one shell, each hook runs a number of times and so does a process that is started and waited for
(`$(/bin/true)`). The shell prints a line after each; the time between two lines is what counts, and of that the median
over the rounds. The token is fresh, nothing has changed: the prompt that a person nearly always has. The shells stand
in bench_shells.py; PWSH names a PowerShell that is not on PATH.
"""

import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from bench_shells import ANSWER, PROCESS, PWSH, ROOT, SHELLS

PEERS = os.path.join(ROOT, "target", "tests", "peers", "bin")
COLUMNS = ("ostoken", "zoxide", "direnv", "starship", PROCESS)
SESSION = {
    "OS_AUTH_URL": "https://keystone.test:5000/v3",
    "OS_USERNAME": "ada",
    "OS_PASSWORD": "s3cret-word",
    "OS_PROJECT_NAME": "engine",
    "OS_USER_DOMAIN_NAME": "Default",
    "OS_PROJECT_DOMAIN_NAME": "Default",
}


def measure(shell, rounds):
    """Microseconds of each hook, and ostoken's share of a process: the median of the quotients of each round."""
    count = len(shell.prompts)
    home = tempfile.mkdtemp(prefix="ostoken-bench-")
    program = os.path.join(home, "ostoken")
    with open(program, "w", encoding="utf-8") as file:
        file.write(ANSWER)
    os.chmod(program, 0o755)
    path = PEERS + os.pathsep + os.environ["PATH"]
    env = {"PATH": path, "HOME": home, "TERM": "xterm", "LANG": "C.UTF-8", "COLUMNS": "80", **SESSION}
    env |= {"TMPDIR": home, "POWERSHELL_TELEMETRY_OPTOUT": "1", "POWERSHELL_UPDATECHECK": "Off"}
    try:
        argv = [*shell.argv, shell.script(shell.warm_up + rounds)]
        process = subprocess.Popen(argv, env=env, cwd=home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        times = [time.perf_counter() for _ in process.stdout]
        with open(os.path.join(home, "calls"), encoding="utf-8") as calls:
            asked = len(calls.readlines())
        if process.wait() != 0 or asked != 1 or len(times) != 1 + (shell.warm_up + rounds) * count:
            sys.exit(f"tests/bench: {shell.argv[0]} ended with {process.returncode}, {asked} calls, {len(times)} lines")
    finally:
        shutil.rmtree(home, ignore_errors=True)
    spans = [(b - a) * 1e6 for a, b in zip(times, times[1:])][shell.warm_up * count :]
    costs = {name: [span / shell.times(name) for span in spans[at::count]] for at, name in enumerate(shell.prompts)}
    share = statistics.median(a / b for a, b in zip(costs["ostoken"], costs[PROCESS]))
    return {name: statistics.median(cost) for name, cost in costs.items()}, share


def version(*argv):
    """The first line of what a program says of itself, without words nobody needs."""
    env = {**os.environ, "PATH": PEERS + os.pathsep + os.environ["PATH"]}
    said = subprocess.run(argv, env=env, capture_output=True, text=True, check=False).stdout.splitlines() or ["?"]
    return said[0].removeprefix("GNU ").split(" (")[0].replace(", version", "")


def machine():
    """What the numbers belong to, and how much else it had to do."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "unknown CPU")
    programs = dict.fromkeys(shell.argv[0] for shell in SHELLS.values())
    shells = [version(program, "--version") for program in programs]
    peers = [version("zoxide", "--version"), "direnv " + version("direnv", "version"), version("starship", "--version")]
    system = f"{os.cpu_count()} cores of {model}, {platform.system()} {platform.release()}"
    return f"{system}; load {os.getloadavg()[0]:.1f}; {', '.join(shells + peers)}"


def main(rounds):
    """Prints the table, in Markdown."""
    print(f"{machine()}; median of {rounds} rounds.\n")
    print("| microseconds a prompt | " + " | ".join(COLUMNS) + " | ostoken's share of that |")
    print("|---|" + "---|" * (len(COLUMNS) + 1))
    for name, shell in SHELLS.items():
        cost, share = measure(shell, shell.rounds or rounds)
        cells = [f"{cost[column]:,.0f}" if column in cost else "-" for column in COLUMNS]
        print(f"| {name} | {' | '.join(cells)} | {share:.1%} |", flush=True)
    if not PWSH:
        print("\nThere is no PowerShell: set PWSH to one.")
