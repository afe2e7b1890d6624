# Broken releases while people pass. The host takes the power away when `waiting` is there; the disk is the same each time.
boot=$(cat $host/boot)
network_up
sim_make
clock-set
uptime_s() { cut -d. -f1 /proc/uptime; }
version() { dpkg-query --show --showformat='${Version}' telpost; }
if [ "$boot" = 0 ]; then
  put_site
  install -m 0644 $host/release-key.jwk /etc/telpost/
  /usr/lib/telpost/activate start >$results/activate.log 2>&1
  sync
fi
wait_for 120 '[ -S /run/telpost/forward.sock ]'
edges "$(sim_folder)" $results/truth.log <$host/people.edges >$results/driven.$boot.json 2>$results/driven.err &
people=$!
sleep 15
if [ "$boot" = 0 ]; then
  mark "a release whose daemons end at their start"
  begun=$(uptime_s)
  telpost update $host/throws.deb >$results/throws.txt 2>&1
  echo $? >$results/throws.status
  version >$results/throws.version
  echo $(($(uptime_s) - begun)) >$results/throws.seconds
  mark "a release that makes no window"
  telpost update --no-wait $host/mute.deb >$results/mute.txt 2>&1
  wait_for 600 'telpost update --status | grep -q "^update to 0.3.0 .*Waiting"' && : >$results/waiting
  sleep 900
fi
mark "after the power cut"
wait_for 900 'telpost update --status | grep -q "^update to 0.3.0 .*: update\."'
uptime_s >$results/mute.seconds
telpost update --status >$results/update-status.txt 2>&1
said=$(sed -n 's/^update to 0.3.0 .*: \(update\.[a-z]*\):.*/\1/p' $results/update-status.txt)
echo "$said, $(version), $(systemctl is-active telpost-sense telpost-forward | tr '\n' ' ' | sed 's/ $//')" >$results/returned.new
mv $results/returned.new $results/returned
wait_for 900 "[ -e $host/quiet ]"
kill $people
wait_for 300 "[ -e $host/finish ]"
note_units
journalctl --no-pager -u telpost-trial >$results/trial.log 2>&1
