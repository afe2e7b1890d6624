# A cabinet with a door, a supply that says when it fails, and a light beam that is broken from the start. The second boot is
# on the same disk, after the power was cut.
boot=$(cat $host/boot)
sim_make
pull() { echo "pull-$2" >"$(sim_folder)/sim_gpio$1/pull"; }
pull 9 up
clock-set
if [ "$boot" = 0 ]; then
  pull 5 up
  put_site
  activate
  sync
  wait_for 120 'telpost status | grep -q "^contact  mains  *ok"'
  edges "$(sim_folder)" <$host/people.edges >$results/driven.json 2>$results/driven.err
  wait_for 120 'telpost status | grep -q device.blocked || telpost status | grep -q "^sensor  *stuck  *fault"'
  telpost status >$results/before.txt 2>&1
  mark "the supply fails"
  pull 13 up
  echo >$results/failed
  sleep 600
fi
network_up
wait_for 120 'telpost status | grep -q "^sensor  *gate  *up"'
edges "$(sim_folder)" <$host/people.edges >>$results/driven.json 2>>$results/driven.err
echo >$results/passed
wait_for 300 "[ -e $host/finish ]"
telpost status >$results/after.txt 2>&1
note_units
