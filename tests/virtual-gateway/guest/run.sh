# Runs inside the virtual gateway, as root, from the folder shared with the host.
set -u
. /mnt/host/guest/lib.sh
mkdir -p $results
cp $host/edges $host/clock-set /usr/local/bin/
. $host/scenario.sh
mark "done"
