# Every part of the shell that this reader understands.
set -a
OS_AUTH_URL='https://keystone.example.org/v3' # a comment behind a value
OS_USERNAME=jane; export OS_PROJECT_NAME="a \"b\" \$c \`d\` \\ \x" OS_REGION_NAME=R\ 1
set +a
export \
    OS_INTERFACE=public \
    OS_VOLUME_API_VERSION=3
OS_NOTE='two
lines' OS_JOINED="one\
line" OS_MIXED=a'b'"c"$'d\x65\t\u00e9'\f
OS_PASSWORD=$'it\'s "hard" to $quote #!&|;<>(){}~*?'
OS_CACERT=~/ca.pem OS_CERT=$HOME/cert.pem OS_KEY="${HOME}/key.pem" OS_LITERAL="~/x" OS_BOTH=a:~/b
OS_DEFAULTED=${OS_MISSING:-"a b"} OS_DASH=${OS_NOTE-x} OS_PLUS=${OS_NOTE:+yes} OS_NONE=${OS_MISSING+no}
: "${OS_ASSIGNED:=by colon}"
OS_APPENDED=a; OS_APPENDED+=b
FIRST=1; export FIRST=2 OS_OLD=$FIRST; OS_NEW=$FIRST
export "OS_QUOTED_WHOLE=$HOME and more" OS_EMPTY= OS_TRANSLATED=$"hello"
export OS_NO_VALUE OS_USERNAME
declare -x OS_DECLARED="x y"; typeset OS_TYPED=1
PS1="\u@\h:\w$(__git_ps1)\$ "
export PATH=$PATH:`pwd`:$(printf '%s' "a (b) 'c'")
alias os=openstack
umask 077
command -v openstack >/dev/null 2>&1 || echo "no client" >&2
printf '%s\n' "Welcome, $OS_USERNAME" | cat
if [ "$OS_USERNAME" != jane ]; then
    OS_BRANCH=wrong
elif [[ -n $OS_NOTE ]]; then
    OS_BRANCH=right
    if test -z "$OS_MISSING"; then OS_NESTED=yes; else OS_NESTED=no; fi
else
    OS_BRANCH=neither
fi
if [ -f ~/.openrc.local ]; then echo "there is a local file"; fi
unset OS_NO_VALUE OS_NOTHING; unset -v OS_JOINED
read -r -p "Continue? " ANSWER
return 0
OS_NEVER=1
