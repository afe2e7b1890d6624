# The city asks, and systemd starts anew what ends itself because of it.
network_up
sim_make
clock-set
put_site
activate
pids() { systemctl show -P MainPID telpost-sense telpost-forward | xargs; }
edges "$(sim_folder)" $results/truth.log <$host/people.edges >$results/driven.json 2>$results/driven.err &
people=$!
pids >$results/before.txt
wait_for 1800 "[ -e $host/asked ]"
pids >$results/after.txt
kill $people
touch $results/quiet
wait_for 900 "[ -e $host/finish ]"
systemctl show -P NRestarts telpost-sense telpost-forward | xargs >$results/restarts.txt
note_units
