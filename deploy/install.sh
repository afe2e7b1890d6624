#!/bin/sh
# Puts this build on a Debian machine and starts it. Run it as root from the unpacked folder; running it again is safe.
#   ./install.sh              install or update; starts telpost once its configuration has no problems
#   ./install.sh --rollback   back to the program that ran before the last update
#   ./install.sh --uninstall  stops and removes the program; keeps /etc/telpost and /var/lib/telpost
set -eu
here=$(dirname "$(readlink -f "$0")")
lib=/usr/lib/telpost
etc=/etc/telpost
running() { [ -d /run/systemd/system ]; }
say() { echo "telpost: $*"; }
fail() { echo "telpost: $*" >&2; exit 1; }

start() {
  running || { say "systemd does not run here; the units start at the next boot"; return; }
  if [ ! -e $etc/gateway-key.jwk ] || ! $lib/telpost check --config $etc/telpost.yaml; then
    say "not started yet. Edit $etc/telpost.yaml, put the keys beside it (see README.md), then run $here/install.sh again"
    return
  fi
  systemctl restart telpost-forward.service telpost-sense.service telpost.target
  say "running; see: systemctl status telpost-sense telpost-forward"
}

# Each private key belongs to the one process that needs it, and nobody else can read it.
own_keys() {
  for key in $etc/gateway-key.jwk $etc/*.key; do
    [ -f "$key" ] || continue
    case $key in *.jwk) owner=telpost-sense ;; *) owner=telpost-forward ;; esac
    chown "$owner:root" "$key"
    chmod 0400 "$key"
  done
}

stop_all() {
  ! running || systemctl stop telpost.target telpost-sense.service telpost-forward.service 2>/dev/null || true
}

install_all() {
  "$here/node" -e "" 2>/dev/null || fail "this build is for another machine: $(uname -m) cannot run its Node"
  rm -rf $lib.new
  mkdir -p $lib.new
  for part in node telpost telpost.cjs native node_modules contract firmware-config LICENSE THIRD-PARTY-NOTICES.txt; do
    [ ! -e "$here/$part" ] || cp -R "$here/$part" $lib.new/
  done
  chown -R root:root $lib.new
  # The old program stays for --rollback. What runs now keeps its open files until it is restarted below.
  rm -rf $lib.previous
  [ ! -d $lib ] || mv $lib $lib.previous
  mv $lib.new $lib
  ln -sf $lib/telpost /usr/bin/telpost

  install -D -m 0644 "$here/systemd/telpost.sysusers" /etc/sysusers.d/telpost.conf
  install -D -m 0644 "$here/systemd/telpost.tmpfiles" /etc/tmpfiles.d/telpost.conf
  install -D -m 0644 "$here/systemd/70-telpost.rules" /etc/udev/rules.d/70-telpost.rules
  for unit in telpost-sense.service telpost-forward.service telpost.target; do
    install -D -m 0644 "$here/systemd/$unit" /etc/systemd/system/$unit
  done
  systemd-sysusers /etc/sysusers.d/telpost.conf
  systemd-tmpfiles --create /etc/tmpfiles.d/telpost.conf
  if running && command -v udevadm >/dev/null; then
    udevadm control --reload
    udevadm trigger --subsystem-match=gpio --subsystem-match=usb
    udevadm settle || true # The units wait for their devices anyway.
  fi

  mkdir -p $etc
  [ -e $etc/telpost.yaml ] || install -m 0644 "$here/telpost.yaml" $etc/telpost.yaml
  own_keys
  ! running || systemctl daemon-reload
  systemctl enable --quiet telpost.target
  start
}

rollback() {
  [ -d $lib.previous ] || fail "there is no earlier program in $lib.previous"
  mv $lib $lib.new
  mv $lib.previous $lib
  mv $lib.new $lib.previous
  start
}

uninstall() {
  stop_all
  systemctl disable --quiet telpost.target 2>/dev/null || true
  rm -f /usr/bin/telpost /etc/sysusers.d/telpost.conf /etc/tmpfiles.d/telpost.conf /etc/udev/rules.d/70-telpost.rules
  rm -f /etc/systemd/system/telpost-sense.service /etc/systemd/system/telpost-forward.service /etc/systemd/system/telpost.target
  rm -rf $lib $lib.new $lib.previous /run/telpost /run/telpost-sense
  ! running || systemctl daemon-reload
  say "removed; kept $etc, /var/lib/telpost and the users telpost-sense and telpost-forward"
}

[ "$(id -u)" = 0 ] || fail "run it as root: sudo $0 $*"
case ${1:-} in
  "") install_all ;;
  --rollback) rollback ;;
  --uninstall) uninstall ;;
  *) fail "unknown option $1; use no option, --rollback or --uninstall" ;;
esac
