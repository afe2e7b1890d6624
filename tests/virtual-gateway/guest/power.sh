# People pass from each boot on; the host takes the power away when it likes. The disk is the same each time.
boot=$(cat $host/boot)
network_up
clock-set
if [ -e /etc/telpost/telpost.yaml ]; then
  wait_for 60 "grep -qs 1 $sim/live"
else
  sim_make
  sim_at_boot
  put_site
  activate
  sync
fi
wait_for 120 '[ -S /run/telpost/forward.sock ]'
runuser -u telpost-forward -- telpost outbox verify --json >$results/verify.$boot.json 2>$results/verify.$boot.err
echo $? >$results/verify.$boot.status
mark "boot $boot: people pass"
edges "$(sim_folder)" $results/truth.log <$host/people.edges >$results/driven.$boot.json 2>$results/driven.err &
people=$!
slice=/sys/fs/cgroup/system.slice
faults() {
  awk '$1 == "pgmajfault" { print $2 }' $slice/telpost-sense.service/memory.stat
}
faults >$results/faults.before
# When told so: what both processes run from goes out of memory, and has to come from the card again.
while :; do
  if [ -e $host/cold ]; then
    for unit in telpost-sense telpost-forward; do echo 256M >$slice/$unit.service/memory.reclaim; done
    rm -f $host/cold
  fi
  sleep 0.2
done 2>/dev/null &
cold=$!
wait_for 900 "[ -e $host/quiet ]"
kill $people $cold
faults >$results/faults.after
wait_for 300 "[ -e $host/finish ]"
note_units
