"""What a prompt costs with ostoken's hook and with others, in each shell: tests/bench --hooks [ROUNDS]

In every round, inside one shell, each hook runs a number of times and so does $(/bin/true). The shell prints a line
after each; the time between two lines is what counts, and of that the median over the rounds. The token is fresh, nothing
has changed: the prompt that a person nearly always has. A shell is one more entry of SHELLS.
"""

import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PEERS = os.path.join(ROOT, "target", "tests", "peers", "bin")
COLUMNS = ("ostoken", "zoxide", "direnv", "starship", "$(/bin/true)")
TIMES = {"ostoken": 200}
SESSION = {
    "OS_AUTH_URL": "https://keystone.test:5000/v3",
    "OS_USERNAME": "ada",
    "OS_PASSWORD": "s3cret-word",
    "OS_PROJECT_NAME": "engine",
    "OS_USER_DOMAIN_NAME": "Default",
    "OS_PROJECT_DOMAIN_NAME": "Default",
}
# The program's answer to the one call there is.
ANSWER = r"""#!/bin/sh
echo "$1" >>"$HOME/calls"
: >"$HOME/lease"
printf 'gAAAA-token\n\\builtin export OSTOKEN_USER_DOMAIN_NAME="$OS_USER_DOMAIN_NAME"\n'
printf '\\builtin unset OS_USER_DOMAIN_NAME\n\\builtin export OS_TOKEN="$__ostoken_t" OS_AUTH_TYPE=token\n'
printf '\\builtin export OSTOKEN_EXPORTED=0 OSTOKEN_FOR=0 OSTOKEN_EXPIRES_AT=4000000000\n'
printf '__ostoken_left=7200\n__ostoken_lease="$HOME/lease"\n__ostoken_said=\n'
"""


class Shell:
    """A shell: how to start it with a script, what loads the hooks, what each does at a prompt, and how to loop."""

    def __init__(self, argv, setup, prompts, loop):
        self.argv, self.setup, self.prompts, self.loop = argv, setup, prompts, loop

    def script(self, rounds):
        """Prints an empty line to begin with and after each hook of each round."""
        body = "\n".join(self.loop(TIMES.get(name, 5), code) + "\necho" for name, code in self.prompts.items())
        return f"{self.setup}\necho\n{self.loop(rounds, body)}\n"


def c_loop(times, code):
    """The loop of bash and zsh. Its variable is of this depth: loops stand in loops."""
    name = f"i{code.count('for ((')}"
    return f"for (({name} = 0; {name} < {times}; {name}++)); do\n{code}\ndone"


def eval_all(shell, file):
    """What stands in an rc file. starship's own functions are called, so nothing else has to be there."""
    with open(os.path.join(ROOT, "shell", file), encoding="utf-8") as hook:
        ours = hook.read().replace("\n__ostoken_bin=ostoken\n", "\n__ostoken_bin=$HOME/ostoken\n")
    others = ("direnv hook {0}", "zoxide init {0}", "starship init {0} --print-full-init")
    return ours + "\n" + "\n".join(f'eval "$({line.format(shell)})"' for line in others)


PROMPTS = {"ostoken": "__ostoken_hook 0", "zoxide": "__zoxide_hook", "direnv": "_direnv_hook"}
TRUE = {"$(/bin/true)": "x=$(/bin/true)"}
# In zsh starship draws while the prompt is expanded, and zoxide has work at `cd` only.
DRAW_ZSH = 'prompt_starship_precmd; x="${(%%)PROMPT}${(%%)RPROMPT}"'
SHELLS = {
    "bash": Shell(
        ["bash", "--norc", "-c"],
        eval_all("bash", "ostoken.bash"),
        {**PROMPTS, "starship": "starship_precmd", **TRUE},
        c_loop,
    ),
    "zsh": Shell(
        ["zsh", "-f", "-c"],
        eval_all("zsh", "ostoken.zsh"),
        {**{name: code for name, code in PROMPTS.items() if name != "zoxide"}, "starship": DRAW_ZSH, **TRUE},
        c_loop,
    ),
}


def measure(shell, rounds):
    """Microseconds of each hook, and ostoken's share of $(/bin/true): the median of the quotients of each round."""
    home = tempfile.mkdtemp(prefix="ostoken-bench-")
    program = os.path.join(home, "ostoken")
    with open(program, "w", encoding="utf-8") as file:
        file.write(ANSWER)
    os.chmod(program, 0o755)
    path = PEERS + os.pathsep + os.environ["PATH"]
    env = {"PATH": path, "HOME": home, "TERM": "xterm", "LANG": "C.UTF-8", "COLUMNS": "80", **SESSION}
    try:
        argv = [*shell.argv, shell.script(rounds)]
        process = subprocess.Popen(argv, env=env, cwd=home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        times = [time.perf_counter() for _ in process.stdout]
        with open(os.path.join(home, "calls"), encoding="utf-8") as calls:
            asked = len(calls.readlines())
        if process.wait() != 0 or asked != 1 or len(times) != 1 + rounds * len(shell.prompts):
            sys.exit(f"tests/bench: {shell.argv[0]} ended with {process.returncode}, {asked} calls, {len(times)} lines")
    finally:
        shutil.rmtree(home, ignore_errors=True)
    spans = [(b - a) * 1e6 for a, b in zip(times, times[1:])]
    count = len(shell.prompts)
    costs = {
        name: [span / TIMES.get(name, 5) for span in spans[at::count]] for at, name in enumerate(shell.prompts)
    }
    share = statistics.median(a / b for a, b in zip(costs["ostoken"], costs["$(/bin/true)"]))
    return {name: statistics.median(cost) for name, cost in costs.items()}, share


def version(*argv):
    """The first line of what a program says of itself, without words nobody needs."""
    env = {**os.environ, "PATH": PEERS + os.pathsep + os.environ["PATH"]}
    said = subprocess.run(argv, env=env, capture_output=True, text=True, check=False).stdout.splitlines() or ["?"]
    return said[0].removeprefix("GNU ").split(" (")[0].replace(", version", "")


def machine():
    """What the numbers belong to."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "unknown CPU")
    shells = [version(name, "--version") for name in SHELLS]
    peers = [version("zoxide", "--version"), "direnv " + version("direnv", "version"), version("starship", "--version")]
    system = f"{os.cpu_count()} cores of {model}, {platform.system()} {platform.release()}"
    return f"{system}; {', '.join(shells + peers)}"


def main(rounds):
    """Prints the table, in Markdown."""
    print(f"{machine()}; median of {rounds} rounds.\n")
    print("| microseconds a prompt | " + " | ".join(COLUMNS) + " | ostoken / $(/bin/true) |")
    print("|---|" + "---|" * (len(COLUMNS) + 1))
    for name, shell in SHELLS.items():
        cost, share = measure(shell, rounds)
        cells = [f"{cost[column]:,.0f}" if column in cost else "-" for column in COLUMNS]
        print(f"| {name} | {' | '.join(cells)} | {share:.1%} |", flush=True)
