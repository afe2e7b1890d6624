# A board without a battery: its clock shows 1970 until somebody sets it. The host knows the true time at power-on.
network_up
sim_make
now() { awk -v from="$(cat $host/epoch)" '{ printf "%d", from + $1 }' /proc/uptime; }
date -u +%FT%TZ >$results/woke.txt
date -us @30 >/dev/null
put_site
mark "units start at $(date -u +%FT%TZ)"
activate
wait_for 60 'systemctl is-active telpost-sense telpost-forward'
# A crowd in one minute, so that its window is known among the others by its noised count.
sleep 75
edges "$(sim_folder)" $results/truth.log <$host/crowd.edges >$results/crowd.json 2>$results/crowd.err
sleep 90
telpost status --json >$results/before.json 2>&1
mark "the clock is set"
date -us "@$(now)" >$results/set.txt
clock-set
edges "$(sim_folder)" $results/truth.log <$host/few.edges >$results/few.json 2>>$results/crowd.err
wait_for 900 "[ -e $host/finish ]"
telpost status --json >$results/after.json 2>&1
note_units
