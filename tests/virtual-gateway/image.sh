#!/bin/sh
# Makes what the virtual gateway boots: a Debian 13 kernel, gpio-sim built for it, a small root file system and an initrd.
#   image.sh FOLDER    writes FOLDER/vmlinuz, initrd.gz and root.ext4; about two minutes, once
# Needs root (mmdebstrap makes device nodes and owners). Everything comes from the Debian mirror; nothing is vendored.
set -eu
out=$1
work=$out.making
mirror=${TELPOST_VM_MIRROR:-http://deb.debian.org/debian}
security=${TELPOST_VM_SECURITY_MIRROR:-http://deb.debian.org/debian-security}
say() { echo "image: $*" >&2; }
debian() { # FOLDER PACKAGES
  mmdebstrap --quiet --architectures=amd64 --variant=apt --mode=root --include="$2" \
    --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' trixie "$1" \
    "deb $mirror trixie main" "deb $mirror trixie-updates main" "deb $security trixie-security main"
}
[ "$(id -u)" = 0 ] || { say "run it as root"; exit 77; }
rm -rf "$work"
mkdir -p "$work/module" "$work/kernel"

say "kernel and gpio-sim, which Debian does not build (drivers/gpio/gpio-sim.c, kernel/irq/irq_sim.c of its own source)"
debian "$work/build" linux-headers-amd64,linux-source,make,gcc,xz-utils
version=$(basename "$(readlink -f "$work"/build/lib/modules/*-amd64)")
chroot "$work/build" sh -ec "cd /tmp && apt-get -qq update && apt-get -qq download linux-image-$version"
dpkg -x "$work"/build/tmp/linux-image-"$version"_*.deb "$work/kernel"
mkdir "$work/build/m"
tar -xf "$work"/build/usr/src/linux-source-*.tar.xz -C "$work/build/m" --strip-components=3 --wildcards \
  '*/drivers/gpio/gpio-sim.c' '*/kernel/irq/irq_sim.c'
# All symbols are exported but irq_to_desc.
sed -i 's/handle_simple_irq(irq_to_desc(irqnum))/generic_handle_irq(irqnum)/' "$work/build/m/irq_sim.c"
printf 'obj-m := gpio-sim-oot.o\ngpio-sim-oot-y := gpio-sim.o irq_sim.o\n' >"$work/build/m/Makefile"
chroot "$work/build" make -s -C "/lib/modules/$version/build" M=/m modules >&2

say "root file system"
debian "$work/root" systemd,systemd-sysv,udev,dbus,kmod,gpiod,iproute2,procps,libstdc++6,mosquitto,acl,openssl
root=$work/root
# Debian 13 has /lib as a link to /usr/lib.
modules=$root/usr/lib/modules/$version
mkdir -p "$root/usr/lib/modules"
cp -a "$work"/kernel/usr/lib/modules/"$version" "$modules" 2>/dev/null || cp -a "$work"/kernel/lib/modules/"$version" "$modules"
# Only what this machine has: each module that udev finds a device for would be loaded, slowly.
keep='/(9p|9pnet|9pnet_virtio|netfs|fscache|virtio|virtio_[a-z_]+|ext4|jbd2|mbcache|configfs|failover|net_failover|sch_netem)\.ko'
keep="$keep|/crc[0-9a-z_]+\.ko|/(usbserial|ftdi_sio|cp210x|xhci-pci|xhci-hcd|usbcore|usb-common)\.ko"
find "$modules" -name '*.ko*' | grep -vE "$keep" | xargs rm -f
install -D -m 0644 "$work/build/m/gpio-sim-oot.ko" "$modules/extra/gpio-sim-oot.ko"
chroot "$root" depmod "$version"
echo telpost-vm >"$root/etc/hostname"
printf '127.0.0.1 localhost telpost-vm\n' >"$root/etc/hosts"
echo 00000000000000000000000000000001 >"$root/etc/machine-id"
touch "$root/etc/.updated" "$root/var/.updated"
for unit in getty@tty1.service serial-getty@ttyS0.service systemd-logind.service modprobe@drm.service modprobe@efi_pstore.service systemd-binfmt.service proc-sys-fs-binfmt_misc.automount mosquitto.service \
  apt-daily.timer apt-daily-upgrade.timer fstrim.timer e2scrub_all.timer; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
cat >"$root/etc/systemd/system/scenario.service" <<'UNIT'
[Unit]
Description=Runs what the host put into the shared folder, then powers off
After=basic.target systemd-udevd.service
[Service]
Type=oneshot
ExecStart=/usr/local/sbin/scenario
StandardOutput=journal+console
[Install]
WantedBy=multi-user.target
UNIT
cat >"$root/usr/local/sbin/scenario" <<'RUN'
#!/bin/sh
modprobe -a 9pnet_virtio 9p
mkdir -p /mnt/host
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 host /mnt/host
sh /mnt/host/run.sh >/mnt/host/run.log 2>&1
echo $? >/mnt/host/status
sync
systemctl poweroff --force
RUN
chmod 755 "$root/usr/local/sbin/scenario"
ln -sf ../scenario.service "$root/etc/systemd/system/multi-user.target.wants/scenario.service" 2>/dev/null || {
  mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
  ln -sf ../scenario.service "$root/etc/systemd/system/multi-user.target.wants/scenario.service"
}
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*
mke2fs -q -t ext4 -d "$root" "$work/root.ext4" 1200M

say "initrd"
mkdir -p "$work/initrd/bin" "$work/initrd/proc" "$work/initrd/dev" "$work/initrd/root"
cp /bin/busybox "$work/initrd/bin/busybox"
{
  echo '#!/bin/busybox sh'
  echo '/bin/busybox mount -t proc proc /proc; /bin/busybox mount -t devtmpfs dev /dev'
  modprobe -d "$root/usr" -S "$version" --show-depends -a virtio_pci virtio_blk crc32c ext4 | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' |
    while read -r file; do
      name=$(basename "${file%.xz}")
      case $file in *.xz) xz -dc "$file" >"$work/initrd/$name" ;; *) cp "$file" "$work/initrd/$name" ;; esac
      echo "/bin/busybox insmod /$name"
    done
  echo 'i=0; while [ ! -b /dev/vda ] && [ $i -lt 100 ]; do /bin/busybox sleep 0.1; i=$((i+1)); done'
  echo '/bin/busybox mount -t ext4 /dev/vda /root && exec /bin/busybox switch_root /root /sbin/init'
} >"$work/initrd/init"
chmod 755 "$work/initrd/init"
(cd "$work/initrd" && find . | cpio --quiet -o -H newc | gzip -1) >"$work/initrd.gz"
cp "$work"/kernel/boot/vmlinuz-* "$work/vmlinuz"
mkdir "$work/done"
mv "$work/vmlinuz" "$work/initrd.gz" "$work/root.ext4" "$work/done/"
echo "$version" >"$work/done/version"
rm -rf "$out"
mv "$work/done" "$out"
rm -rf "$work"
say "made $out (Linux $version)"
