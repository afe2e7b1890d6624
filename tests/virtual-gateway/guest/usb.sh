# A radar on a USB adapter that is pulled out and put back, and a counter on a serial port.
network_up
clock-set
put_site
wait_for 60 '[ -e /dev/serial/by-id ]'
note_adapter() {
  ls /dev/serial/by-id >$results/by-id.$1.txt 2>&1
  stat -Lc '%G' /dev/serial/by-id/* >$results/group.$1.txt 2>&1
}
note_adapter before
parent=$(udevadm info -q path -n "$(readlink -f /dev/serial/by-id/*)")
udevadm info -q property -n "$(readlink -f /dev/serial/by-id/*)" >$results/udev.txt
while [ -n "$parent" ] && [ ! -e "/sys$parent/idVendor" ]; do parent=${parent%/*}; done
udevadm info -q property -p "$parent" >>$results/udev.txt
activate
journalctl -b -f -n all -o short-unix -u telpost-sense >$results/sense.log &
wait_for 300 "[ -e $host/replugged ]"
wait_for 60 '[ -e /dev/serial/by-id ]'
note_adapter after
wait_for 300 "[ -e $host/finish ]"
note_units
