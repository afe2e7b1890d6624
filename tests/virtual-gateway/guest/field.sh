# An engineer's folder, and a city with a broker that asks for certificates. For scenarios whose host side used field.ts.
# Root is the engineer here.
sudo() { "$@"; }

start_city_broker() {
  echo '127.0.0.1 mqtt.city.example' >>/etc/hosts
  mkdir -p /etc/mosquitto/telpost /root/city
  cp $host/city/* /root/city/
  cp $host/city/* /etc/mosquitto/telpost/
  mosquitto -c /etc/mosquitto/telpost/mosquitto.conf >$results/mosquitto.log 2>&1 &
}

# The city adds the line that setup prints to its site file, here as soon as there is a key, and reads from then on.
start_city_reader() {
  until [ -e /etc/telpost/gw07.public.jwk ]; do sleep 1; done
  cp /etc/telpost/gw07.public.jwk /root/city/
  echo '  - { id: denhaag/scheveningen/gw07, key: gw07.public.jwk }' >>/root/city/site.yaml
  /usr/lib/telpost/telpost receive --ack --site /root/city/site.yaml 2>$results/receive.err | stamped >/tmp/received.txt
}
received() { sed 's/^[0-9.]* //' /tmp/received.txt; }

# A device at the adapter's other end that says the same few frames for ever.
start_sounds() {
  stty -F /dev/ttyS1 raw -echo 115200
  while :; do
    for step in 0 1 2 3 4 5 6 7 8 9; do
      cat $host/sounds/$step >/dev/ttyS1
      sleep 0.5
    done
  done &
  sounds=$!
}
stop_sounds() { kill $sounds; }

# Each line with the seconds since the machine was switched on, at which it came.
stamped() {
  while IFS= read -r line; do
    read -r up _ </proc/uptime
    echo "$up $line"
  done
}
