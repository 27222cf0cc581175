"""The shells of tests/bench --hooks: how each is started, what loads the hooks, and what these do at a prompt."""

import os
import shutil

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# The yardstick: a process that is started and waited for.
PROCESS = "/bin/true"
PWSH = os.environ.get("PWSH") or shutil.which("pwsh")
# The program's answer to the one call there is.
ANSWER = r"""#!/bin/sh
echo "$1" >>"$HOME/calls"
: >"$HOME/lease"
if [ "$3" = powershell ]; then
  printf '%s\n' 'ostoken 1' 'copy OSTOKEN_USER_DOMAIN_NAME=OS_USER_DOMAIN_NAME' 'unset OS_USER_DOMAIN_NAME' \
    'set OS_TOKEN=gAAAA-token' 'set OS_AUTH_TYPE=token' 'set OSTOKEN_EXPORTED=0' 'set OSTOKEN_FOR=0' \
    'set OSTOKEN_EXPIRES_AT=4000000000' 'left 7200' "lease $HOME/lease" 'said ' end
elif [ "$3" = fish ]; then
  printf '%s\n' gAAAA-token 'set -gx OSTOKEN_USER_DOMAIN_NAME "$OS_USER_DOMAIN_NAME"' \
    '__ostoken_unset OS_USER_DOMAIN_NAME' 'set -gx OS_TOKEN $__ostoken_t' 'set -gx OS_AUTH_TYPE token' \
    'set -gx OSTOKEN_EXPORTED 0' 'set -gx OSTOKEN_FOR 0' 'set -gx OSTOKEN_EXPIRES_AT 4000000000' \
    'set __ostoken_left 7200' 'set __ostoken_lease "$HOME/lease"' 'set __ostoken_said'
else
  printf '%s\n' gAAAA-token '\builtin export OSTOKEN_USER_DOMAIN_NAME="$OS_USER_DOMAIN_NAME"' \
    '\builtin unset OS_USER_DOMAIN_NAME' '\builtin export OS_TOKEN="$__ostoken_t" OS_AUTH_TYPE=token' \
    '\builtin export OSTOKEN_EXPORTED=0 OSTOKEN_FOR=0 OSTOKEN_EXPIRES_AT=4000000000' \
    '__ostoken_left=7200' '__ostoken_lease="$HOME/lease"' '__ostoken_said='
fi
"""


class Shell:
    """`argv` takes a script, `setup` loads the hooks, `prompts` is what each does at a prompt, `loop` repeats code and
    `line` prints an empty line. `rounds`: so many and no more, with each hook once in a round. `warm_up`: so many more
    that do not count."""

    def __init__(self, argv, setup, prompts, loop, line="echo", rounds=None, warm_up=0):
        self.argv, self.setup, self.prompts, self.loop = argv, setup, prompts, loop
        self.line, self.rounds, self.warm_up = line, rounds, warm_up

    def times(self, name):
        """How often a hook runs in a round: so often that printing the line costs next to nothing beside it."""
        return 1 if self.rounds else 200 if name == "ostoken" else 5

    def script(self, rounds):
        """Prints an empty line to begin with and after each hook of each round."""
        hooks = (f"{self.loop(self.times(name), code)}\n{self.line}" for name, code in self.prompts.items())
        return f"{self.setup}\n{self.line}\n{self.loop(rounds, chr(10).join(hooks))}\n"


def posix_loop(times, code):
    """The loop of bash and zsh. Its variable is of this depth: loops stand in loops."""
    name = f"i{code.count('for ((')}"
    return f"for (({name} = 0; {name} < {times}; {name}++)); do\n{code}\ndone"


def fish_loop(times, code):
    """fish counts by a list, which `seq`, a process, makes once."""
    return f"set -q r{times}; or set -g r{times} (seq {times})\nfor i in $r{times}\n{code}\nend"


def powershell_loop(times, code):
    """As that of bash."""
    name = f"$i{code.count('for (')}"
    return f"for ({name} = 0; {name} -lt {times}; {name}++) {{\n{code}\n}}"


def load(file, name_program, evaluate, peers):
    """What stands in an rc file. starship's own functions are called, so nothing else has to be there."""
    with open(os.path.join(ROOT, "shell", file), encoding="utf-8") as hook:
        ours = hook.read().replace("\n" + name_program[0] + "\n", "\n" + name_program[1] + "\n")
    return "\n".join([ours, *(evaluate.format(peer) for peer in peers)])


def peers_of(shell):
    """The commands that print hooks."""
    return [f"zoxide init {shell}", f"direnv hook {shell}", f"starship init {shell} --print-full-init"]


def posix(shell, argv, prompts):
    """bash or zsh."""
    named = ("__ostoken_bin=ostoken", "__ostoken_bin=$HOME/ostoken")
    setup = load(f"ostoken.{shell}", named, 'eval "$({})"', peers_of(shell))
    return Shell(argv, setup, {**prompts, PROCESS: f"x=$({PROCESS})"}, posix_loop)


def fish():
    """In fish, starship draws a right prompt as well."""
    named = ("set -g __ostoken_bin ostoken", "set -g __ostoken_bin $HOME/ostoken")
    prompts = {
        "ostoken": "__ostoken_hook",
        "direnv": "__direnv_export_eval",
        "starship": "set x (fish_prompt)\nset x (fish_right_prompt)",
        PROCESS: f"set x ({PROCESS})",
    }
    setup = load("ostoken.fish", named, "{} | source", peers_of("fish"))
    return Shell(["fish", "--no-config", "-c"], setup, prompts, fish_loop)


def powershell(**rounds):
    """Debian's direnv knows no PowerShell. Its compilers go over code that has run often, again and again."""
    named = ("$__ostoken_bin = 'ostoken'", '$__ostoken_bin = "$HOME/ostoken"')
    peers = [peer for peer in peers_of("powershell") if not peer.startswith("direnv")]
    setup = load("ostoken.ps1", named, "Invoke-Expression (& {{ ({} | Out-String) }})", peers)
    prompts = {
        "ostoken": "$null = __ostoken_hook",
        "zoxide": "$null = __zoxide_hook",
        "starship": "$null = prompt",
        PROCESS: f"$null = & {PROCESS}",
    }
    argv = [PWSH, "-NoLogo", "-NoProfile", "-NonInteractive", "-Command"]
    return Shell(argv, setup, prompts, powershell_loop, "[Console]::Out.WriteLine()", **rounds)


# In zsh and fish zoxide has work at `cd` only. In zsh starship draws while the prompt is expanded.
BASH = {"ostoken": "__ostoken_hook 0", "zoxide": "__zoxide_hook", "direnv": "_direnv_hook", "starship": "starship_precmd"}
DRAW_ZSH = 'prompt_starship_precmd; x="${(%%)PROMPT}${(%%)RPROMPT}"'
ZSH = {"ostoken": "__ostoken_hook 0", "direnv": "_direnv_hook", "starship": DRAW_ZSH}
SHELLS = {
    "bash": posix("bash", ["bash", "--norc", "-c"], BASH),
    "zsh": posix("zsh", ["zsh", "-f", "-c"], ZSH),
    "fish": fish(),
}
if PWSH:
    SHELLS["PowerShell, once it is warm"] = powershell(warm_up=60)
    SHELLS["PowerShell, its first 20 prompts"] = powershell(rounds=20)
