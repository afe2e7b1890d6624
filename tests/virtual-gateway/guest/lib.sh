# What every scenario in the virtual gateway may use. The host sees $host/results.
host=/mnt/host
results=$host/results
. $host/guest/gpio-sim.sh
node="/usr/lib/telpost/node --jitless --optimize-for-size --max-semi-space-size=1 --max-old-space-size=64"

mark() { echo "$(cut -d' ' -f1 /proc/uptime) $*"; }

wait_for() { # SECONDS COMMAND
  for _ in $(seq "$1"); do
    if sh -c "$2"; then return 0; fi
    sleep 1
  done
  return 1
}

# The only network card, whose only other end is the broker outside (qemu.ts).
network_up() {
  modprobe virtio_net
  udevadm settle
  nic=$(ls /sys/class/net | grep -v lo)
  ip address add 10.0.2.15/24 dev "$nic"
  ip link set "$nic" up
}

# A broker inside, and the city's reader behind it: /tmp/received.ndjson. Needs the package.
start_broker() {
  printf 'listener 1883 127.0.0.1\nallow_anonymous true\nuser root\n' >/tmp/mosquitto.conf
  mosquitto -c /tmp/mosquitto.conf >$results/mosquitto.log 2>&1 &
}
start_city() {
  mkdir -p /root/city
  cp $host/site/*.* /root/city/
  telpost receive --site /root/city/site.yaml >/tmp/received.ndjson 2>$results/receive.err &
}

# The gateway's keys and configuration; `activate` starts what they describe, without waiting for a window.
put_site() {
  mkdir -p /etc/telpost
  cp $host/site/telpost.yaml $host/site/gateway-key.jwk $host/site/city-root.jwk $host/site/city-keys.jws /etc/telpost/
  [ ! -e $host/tls ] || cp $host/tls/* /etc/telpost/
}
activate() {
  /usr/lib/telpost/activate start >$results/activate.log 2>&1
}

# With the files in place it starts at once.
install_package() {
  dpkg -i $host/telpost.deb >$results/install.log 2>&1
  echo $? >$results/install.status
  telpost version >$results/version.txt 2>&1
}

# What the units are and what the kernel had against them.
note_units() {
  telpost status >$results/telpost-status.txt 2>&1
  systemctl is-active telpost-sense telpost-forward >$results/units.txt 2>&1
  journalctl -b --no-pager -u telpost-sense -u telpost-forward >$results/units.log 2>&1
  journalctl -k -b --no-pager | grep -E 'type=1326|DENIED' >$results/denied.txt
}

# counted NAME SETTINGS DRIVER [pause]: runs the script NAME.edges past the counter; "pause" stops the process meanwhile.
counted() {
  mark "$1"
  rm -f /tmp/counter.out
  MALLOC_ARENA_MAX=1 UV_THREADPOOL_SIZE=2 $node /usr/lib/telpost/counter.cjs $results/"$1".counted.json "$2" "$3" \
    >/tmp/counter.out 2>$results/"$1".err &
  counter=$!
  until grep -q up /tmp/counter.out || ! kill -0 $counter; do sleep 0.1; done
  [ "${4:-}" != pause ] || kill -STOP $counter
  edges "$(sim_folder)" <$host/"$1".edges >$results/"$1".driven.json 2>>$results/"$1".err
  [ "${4:-}" != pause ] || kill -CONT $counter
  sleep 3
  kill -TERM $counter
  wait $counter
}
# counted_all DRIVER: the scripts of one line and of two beams.
counted_all() {
  line='{"chip":"telpost-sim","lines":{"pulse":4},"bias":"as-is","activeLow":false,"debounceMs":0}'
  beams='{"chip":"telpost-sim","lines":{"a":4,"b":5},"bias":"as-is","activeLow":false,"debounceMs":10}'
  counted fast "$line" "$1"
  counted stopped "$line" "$1" pause
  counted overflow "$line" "$1" pause
  counted beams "$beams" "$1"
}
# contract NAME: the contract tests of guest/NAME.ts, on a chip of the kernel.
contract() {
  mark "$1"
  /usr/lib/telpost/node /usr/lib/telpost/"$1".cjs >$results/"$1".txt 2>&1
  echo $? >$results/"$1".status
}
