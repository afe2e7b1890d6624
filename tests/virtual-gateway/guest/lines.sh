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
mark "the status light"
lit() { cat "$(sim_folder)/sim_gpio22/value"; }
for _ in $(seq 60); do lit; sleep 0.1; done | sort -u | paste -sd' ' >$results/light.txt
cp /tmp/received.ndjson $results/
note_units
systemctl stop telpost.target telpost-sense telpost-forward
lit >>$results/light.txt
cp $host/counter.cjs $host/contract.cjs $host/contract-onoff.cjs /usr/lib/telpost/

counted_all character-device
contract contract
contract contract-onoff
