# A simulated GPIO chip (Documentation/admin-guide/gpio/gpio-sim.rst): sim_make, sim_remove, and sim_folder of its lines.
sim_label=telpost-sim
sim=/sys/kernel/config/gpio-sim/telpost
sim_make() {
  modprobe gpio-sim-oot
  mkdir -p $sim/bank0/line8
  echo 32 >$sim/bank0/num_lines
  echo $sim_label >$sim/bank0/label
  echo pulse-8 >$sim/bank0/line8/name
  echo 1 >$sim/live
}
# From the next boot on it is there before anything starts, as the chip of a board is.
sim_at_boot() {
  install -D -m 0644 $host/guest/gpio-sim.sh /usr/local/lib/gpio-sim.sh
  cat >/etc/systemd/system/gpio-chip.service <<'UNIT'
[Unit]
Before=telpost-sense.service
[Service]
Type=oneshot
ExecStart=/bin/sh -c '. /usr/local/lib/gpio-sim.sh; sim_make'
[Install]
WantedBy=multi-user.target
UNIT
  systemctl enable -q gpio-chip.service
}
sim_remove() {
  echo 0 >$sim/live
}
sim_folder() {
  echo "/sys/devices/platform/$(cat $sim/dev_name)/$(cat $sim/bank0/chip_name)"
}
