# Follows the field guide: the host put its commands, one file each, into guide/, in the order of the page.
. $host/guest/field.sh
# The chip of a Raspberry Pi 5, as far as its name goes.
sim_label=pinctrl-rp1
sim_make
clock-set
start_city_broker
start_sounds
wait_for 60 'ls /dev/serial/by-id/* >/dev/null 2>&1'
mkdir -p /home/engineer
cp -r $host/gw07 /home/engineer/
cd /home/engineer || exit 1

# The broker's operator signs the request that came by mail, and the certificate comes back.
the_operator_signed() {
  echo extendedKeyUsage=clientAuth >/root/city/client.ext
  openssl x509 -req -in gw07.csr -CA /root/city/ca.pem -CAkey /root/city/ca.key -CAcreateserial -days 1 \
    -extfile /root/city/client.ext -out gw07.pem 2>$results/operator.err
  start_city_reader &
}

# The city has the line, has opened what came, and has said so.
the_city_registered() {
  wait_for 300 "telpost status | grep -q 'outbox *0 waiting, [1-9]'"
}

for step in $host/guide/*; do
  name=$(basename "$step")
  mark "$name $(tail -n 1 "$step")"
  case $name in *.before) . "$step"; continue ;; esac
  # In this shell: where it leads to is where the next one is typed.
  . "$step" >$results/"$name".txt 2>&1
  echo $? >$results/"$name".exit
done
received >$results/received.ndjson
note_units
