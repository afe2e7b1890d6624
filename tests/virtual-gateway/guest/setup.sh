# From a Debian that has nothing of telpost to the first window that the city opens, with one command.
. $host/guest/field.sh
sim_make
clock-set
start_city_broker
start_sounds
wait_for 60 'ls /dev/serial/by-id/* >/dev/null 2>&1'
{
  dpkg-query --show telpost
  getent passwd telpost-sense telpost-forward
  ls /etc/telpost /usr/lib/telpost /run/telpost
} >$results/before.txt 2>/dev/null
cp -r $host/gw07 /root/
cd /root/gw07 || exit 1
start_city_reader &

mark "the one command" | tee $results/started.txt
sync
{
  echo started
  apt-get install -y ./telpost_0.1.0_amd64.deb && telpost setup --answers gw07.answers.yaml
  echo "exit $?"
} 2>&1 | stamped >$results/setup.txt
wait_for 300 'grep -q record /tmp/received.txt'

mark "devices and units"
adapter=$(ls /dev/serial/by-id/*)
{
  echo "$adapter"
  stat -L -c '%G %a' "$adapter" /dev/gpiochip0
  usb=$(readlink -f "/sys/class/tty/$(basename "$(readlink -f "$adapter")")/device/../..")
  udevadm info --query=property --property=ID_MM_DEVICE_IGNORE --path="$usb"
} >$results/devices.txt 2>&1
{
  systemd-analyze verify --man=no telpost-sense.service telpost-forward.service telpost.target
  systemd-analyze --version | head -1
  for unit in telpost-sense telpost-forward; do
    systemd-analyze security --offline=true --no-pager /usr/lib/systemd/system/$unit.service | tail -1
  done
} >$results/analyzed.txt 2>&1
stat -c '%n %U %a' /etc/telpost/* >$results/keys.txt

telpost status >$results/first-status.txt 2>&1
stop_sounds

mark "people, and a restart among them"
edges "$(sim_folder)" <$host/first.edges >/dev/null 2>$results/edges.err
systemctl restart telpost.target
edges "$(sim_folder)" <$host/second.edges >/dev/null 2>>$results/edges.err
sleep 80
received >$results/received.ndjson
grep -m1 '"record"' /tmp/received.txt | cut -d' ' -f1 >$results/opened.txt
note_units
systemctl stop telpost.target
systemctl show --property Result --value telpost-sense telpost-forward | xargs >$results/stopped.txt
