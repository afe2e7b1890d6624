# The package on a new Debian, its units, and what its GPIO lines hear of what is driven.
sim_make
clock-set
start_broker
mark "installing the package"
put_site
install_package
ls -l /dev/gpiochip0 >$results/chip.txt 2>&1

mark "units: windows at the city"
start_city
wait_for 300 'grep -q record /tmp/received.ndjson'
edges "$(sim_folder)" <$host/units.edges >$results/units.driven.json 2>$results/units.err
systemctl kill -s STOP telpost-sense
edges "$(sim_folder)" <$host/unitsStopped.edges >/dev/null
systemctl kill -s CONT telpost-sense
sleep 45
cp /tmp/received.ndjson $results/
note_units
systemctl stop telpost.target telpost-sense telpost-forward
cp $host/counter.cjs $host/contract.cjs /usr/lib/telpost/

# counted NAME SETTINGS [pause]: runs the script NAME.edges past the counter; "pause" stops the process meanwhile.
counted() {
  mark "$1"
  rm -f /tmp/counter.out
  MALLOC_ARENA_MAX=1 UV_THREADPOOL_SIZE=2 $node /usr/lib/telpost/counter.cjs $results/"$1".counted.json "$2" \
    >/tmp/counter.out 2>$results/"$1".err &
  counter=$!
  until grep -q up /tmp/counter.out || ! kill -0 $counter; do sleep 0.1; done
  [ "${3:-}" != pause ] || kill -STOP $counter
  edges "$(sim_folder)" <$host/"$1".edges >$results/"$1".driven.json 2>>$results/"$1".err
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
/usr/lib/telpost/node /usr/lib/telpost/contract.cjs >$results/contract.txt 2>&1
echo $? >$results/contract.status
