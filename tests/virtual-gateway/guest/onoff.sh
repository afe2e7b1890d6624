# The second driver of GPIO lines (sysfs, through onoff): what it needs, and what it hears of what is driven.
sim_make
clock-set
start_broker
mark "installing the package"
put_site
install_package

mark "units as they are installed: no right to write to /sys"
wait_for 60 'journalctl -u telpost-sense | grep -q device.sysfs_denied'
journalctl -b --no-pager -u telpost-sense | grep -o 'device\.[a-z_]*' | sort -u | xargs >$results/before.txt
systemctl stop telpost.target telpost-sense telpost-forward
cp $host/counter.cjs /usr/lib/telpost/
counted_all onoff

mark "with the udev rule and the drop-in of the page"
# This Debian leaves documents out of what it installs.
dpkg-deb --fsys-tarfile $host/telpost.deb | tar -xf - -C / ./usr/share/doc/telpost/examples/onoff
examples=/usr/share/doc/telpost/examples/onoff
install -D -m 644 $examples/onoff.conf /etc/systemd/system/telpost-sense.service.d/onoff.conf
install -m 644 $examples/71-telpost-onoff.rules /etc/udev/rules.d/
udevadm control --reload
udevadm trigger --action=add --subsystem-match=gpio
udevadm settle
systemctl daemon-reload
systemctl start telpost.target
exported() { ls /sys/class/gpio | grep -c '^gpio[0-9]'; }
three='[ $(ls /sys/class/gpio | grep -c "^gpio[0-9]") = 3 ]'
wait_for 60 "$three"
exported >$results/exported.txt
ls -lR /sys/class/gpio/ /sys/class/gpio/gpio*/ >$results/sysfs.txt 2>&1

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

mark "lines that are left behind"
{
  systemctl stop telpost-sense
  echo "$(exported) after stop,"
  systemctl start telpost-sense
  wait_for 60 "$three"
  systemctl kill -s KILL telpost-sense
  echo "$(exported) after kill,"
  sleep 5
  systemctl is-active telpost-sense
} 2>&1 | xargs >$results/given-back.txt
