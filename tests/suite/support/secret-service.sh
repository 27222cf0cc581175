#!/bin/sh
# A message bus and an unlocked gnome-keyring of their own: sh secret-service.sh FOLDER
# The first line of standard input is the keyring's password. Prints "ADDRESS PID" (the bus, the keyring) when both are
# there; both end when standard input closes, so that they never outlive the test, however it ends.
set -eu
folder=$1
IFS= read -r password

cat >"$folder/bus.conf" <<END
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir=$folder</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
END

bus=
keyring=
stop() {
  for process in $keyring $bus; do
    kill -KILL "$process" 2>/dev/null || :
  done
  wait
}
trap stop EXIT

# wait_for COMMAND: up to ten seconds, until it succeeds.
wait_for() {
  turns=200
  until "$@"; do
    turns=$((turns - 1))
    [ $turns -gt 0 ] || exit 1
    sleep 0.05
  done
}

owned() {
  dbus-send --session --print-reply=literal --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner \
    string:org.freedesktop.secrets 2>/dev/null | grep -q true
}

dbus-daemon --config-file="$folder/bus.conf" --nofork --print-address >"$folder/address" 2>"$folder/bus.log" &
bus=$!
wait_for test -s "$folder/address"
DBUS_SESSION_BUS_ADDRESS=$(cat "$folder/address")
export DBUS_SESSION_BUS_ADDRESS

printf %s "$password" |
  gnome-keyring-daemon --foreground --unlock --components=secrets >/dev/null 2>"$folder/keyring.log" &
keyring=$!
wait_for owned

printf '%s %s\n' "$DBUS_SESSION_BUS_ADDRESS" "$keyring"
cat >/dev/null
