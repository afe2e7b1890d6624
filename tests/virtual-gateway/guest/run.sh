# Runs inside the virtual gateway, as root, from the folder shared with the host; results go to results/.
set -u
host=/mnt/host
. $host/guest/gpio-sim.sh
mkdir -p $host/results
mark() { echo "$(cut -d' ' -f1 /proc/uptime) $*"; }
node="/usr/lib/telpost/node --jitless --optimize-for-size --max-semi-space-size=1 --max-old-space-size=64"

mark "installing the build"
(cd $host/build && sh ./install.sh) >$host/results/install.log 2>&1
echo $? >$host/results/install.status
telpost version >$host/results/version.txt 2>&1
cp $host/counter.cjs /usr/lib/telpost/counter.cjs
cp $host/edges /usr/local/bin/edges
sim_make
# As udev's rule of the build leaves it.
udevadm settle
ls -l /dev/gpiochip0 >$host/results/chip.txt 2>&1

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
cp $host/contract.cjs /usr/lib/telpost/contract.cjs
/usr/lib/telpost/node /usr/lib/telpost/contract.cjs >$host/results/contract.txt 2>&1
echo $? >$host/results/contract.status
mark "done"
