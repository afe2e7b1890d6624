# Runs inside the virtual gateway, as root, from the folder shared with the host; results go to results/.
set -u
host=/mnt/host
. $host/guest/gpio-sim.sh
mkdir -p $host/results
mark() { echo "$(cut -d' ' -f1 /proc/uptime) $*"; }
node="/usr/lib/telpost/node --jitless --optimize-for-size --max-semi-space-size=1 --max-old-space-size=64"

cp $host/edges $host/clock-set /usr/local/bin/
sim_make
clock-set

mark "broker and city"
printf 'listener 1883 127.0.0.1\nallow_anonymous true\nuser root\n' >/tmp/mosquitto.conf
mosquitto -c /tmp/mosquitto.conf >$host/results/mosquitto.log 2>&1 &

mark "installing the package"
mkdir -p /etc/telpost /root/city
cp $host/site/telpost.yaml $host/site/gateway-key.jwk $host/site/city-root.jwk $host/site/city-keys.jws /etc/telpost/
cp $host/site/*.* /root/city/
dpkg -i $host/telpost.deb >$host/results/install.log 2>&1
echo $? >$host/results/install.status
telpost version >$host/results/version.txt 2>&1
ls -l /dev/gpiochip0 >$host/results/chip.txt 2>&1

mark "units: windows at the city"
telpost receive --site /root/city/site.yaml >/tmp/received.ndjson 2>$host/results/receive.err &
wait_for() { # SECONDS COMMAND
  for _ in $(seq "$1"); do
    if sh -c "$2"; then return 0; fi
    sleep 1
  done
  return 1
}
wait_for 300 'grep -q record /tmp/received.ndjson'
edges "$(sim_folder)" <$host/units.edges >$host/results/units.driven.json 2>$host/results/units.err
systemctl kill -s STOP telpost-sense
edges "$(sim_folder)" <$host/unitsStopped.edges >/dev/null
systemctl kill -s CONT telpost-sense
sleep 45
cp /tmp/received.ndjson $host/results/
telpost status >$host/results/telpost-status.txt 2>&1
systemctl is-active telpost-sense telpost-forward >$host/results/units.txt 2>&1
journalctl -b --no-pager -u telpost-sense -u telpost-forward >$host/results/units.log 2>&1
journalctl -k -b --no-pager | grep -E 'type=1326|DENIED' >$host/results/denied.txt
systemctl stop telpost.target telpost-sense telpost-forward
cp $host/counter.cjs $host/contract.cjs /usr/lib/telpost/

# counted NAME SETTINGS [pause]: runs the script NAME.edges past the counter; "pause" stops the process meanwhile.
counted() {
  mark "$1"
  rm -f /tmp/counter.out
  MALLOC_ARENA_MAX=1 UV_THREADPOOL_SIZE=2 $node /usr/lib/telpost/counter.cjs $host/results/"$1".counted.json "$2" \
    >/tmp/counter.out 2>$host/results/"$1".err &
  counter=$!
  until grep -q up /tmp/counter.out || ! kill -0 $counter; do sleep 0.1; done
  [ "${3:-}" != pause ] || kill -STOP $counter
  edges "$(sim_folder)" <$host/"$1".edges >$host/results/"$1".driven.json 2>>$host/results/"$1".err
  [ "${3:-}" != pause ] || kill -CONT $counter
  sleep 3
  kill -TERM $counter
  wait $counter
}
line='{"chip":"telpost-sim","lines":{"pulse":4},"bias":"as-is","activeLow":false,"debounceMs":0}'
beams='{"chip":"telpost-sim","lines":{"a":4,"b":5},"bias":"as-is","activeLow":false,"debounceMs":10}'
counted fast "$line"
counted stopped "$line" pause
counted overflow "$line" pause
counted beams "$beams"

mark "contract"
/usr/lib/telpost/node /usr/lib/telpost/contract.cjs >$host/results/contract.txt 2>&1
echo $? >$host/results/contract.status
mark "done"
