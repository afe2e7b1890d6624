# The way to the city gets worse and worse while people pass. Phases and their lengths are in README.md.
network_up
modprobe sch_netem
sim_make
clock-set
put_site
activate
impaired() { # SECONDS NETEM...
  seconds=$1
  shift
  mark "netem $*"
  tc qdisc replace dev "$nic" root netem "$@" || echo "failed: $*" >>$results/netem.err
  sleep "$seconds"
}
wait_for 300 "[ -e $host/pass ]"
edges "$(sim_folder)" $results/truth.log <$host/people.edges >$results/driven.json 2>$results/driven.err &
people=$!
impaired 30 delay 400ms 100ms loss 10%
impaired 75 loss 100%
impaired 60 delay 300ms rate 9600bit
tc qdisc del dev "$nic" root
mark "as good as new"
sleep 15
kill $people
touch $results/quiet
wait_for 300 "[ -e $host/finish ]"
telpost status --json >$results/telpost-status.json 2>&1
note_units
