# What the two processes can reach: a small program in the very sandbox of each unit, and outside it.
network_up
sim_make
clock-set
# Something that answers at every address.
printf 'listener 1883\nallow_anonymous true\nuser root\n' >/tmp/mosquitto.conf
mosquitto -c /tmp/mosquitto.conf >$results/mosquitto.log 2>&1 &
put_site
activate
sleep 25
cp $host/reach /usr/local/bin/
wait_for 60 '[ -e /dev/serial/by-id ]'
ls -l /dev/ttyS1 /dev/ttyUSB0 /dev/gpiochip0 /dev/serial/by-id/ >$results/devices.txt 2>&1

network="tcp 127.0.0.1 1883 tcp ::1 1883 tcp 10.0.2.15 1883 tcp 10.0.2.100 8883 udp 10.0.2.3 53 udp 127.0.0.1 53"
usb=$(readlink -f /dev/serial/by-id/*)
devices="open /dev/gpiochip0 open /dev/ttyS1 open $usb open $(echo /dev/serial/by-id/*)"

# inside UNIT NAME ARGUMENTS [SETTING...]: instead of the program of the unit, with all its settings and these.
inside() {
  unit=$1 name=$2 words=$3
  shift 3
  mkdir -p /run/systemd/system/$unit.service.d
  {
    printf '[Service]\nType=oneshot\nRestart=no\nWatchdogSec=0\nExecStartPost=\nExecStart=\n'
    echo "ExecStart=/usr/local/bin/reach $words"
    echo "SyslogIdentifier=reach-$name"
    for setting; do echo "$setting"; done
  } >/run/systemd/system/$unit.service.d/reach.conf
  systemctl daemon-reload
  systemctl stop $unit
  systemctl start $unit 2>>$results/inside.err
  journalctl --sync
  journalctl -b --no-pager -o cat -t reach-$name >$results/$name.txt
  rm -r /run/systemd/system/$unit.service.d
}
mark "normal operation until here"
id -u telpost-sense >$results/sense-uid.txt
journalctl -k -b --no-pager | grep -E 'type=1326|DENIED' >$results/denied-working.txt
reach $network $devices node /var/tmp/own-tty >$results/outside.txt 2>&1
inside telpost-sense sense "$network"
inside telpost-sense sense-namespace "${network% udp 127.0.0.1 53}" RestrictAddressFamilies= IPAddressDeny=
inside telpost-forward forward "$devices node /var/lib/telpost/own-tty node /tmp/own-tty"
inside telpost-forward forward-cgroup "$devices" PrivateDevices=no User=root PrivateUsers=no StateDirectory=
journalctl -k -b --no-pager | grep -E 'type=1326|DENIED' >$results/denied-inside.txt
systemctl daemon-reload
systemctl start telpost-forward telpost-sense
note_units
sleep 20
telpost support-bundle --out /tmp/support.json.gz >$results/support.txt 2>&1
zcat /tmp/support.json.gz >$results/support.json
