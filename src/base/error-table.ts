/** What part of the world a fault belongs to. */
export type ErrorKind =
  | "config"
  | "device"
  | "platform"
  | "storage"
  | "broker"
  | "key"
  | "clock"
  | "handover"
  | "usage";

/** What the program does about it: try again later with back-off, wait for a person, or stop now. */
export type Retry = "later" | "person" | "never";

interface ErrorEntry {
  readonly kind: ErrorKind;
  readonly retry: Retry;
  /** What happened and why, in one sentence. */
  readonly what: string;
  /** What to do next, in the engineer's words. */
  readonly hint: string;
}

/** The one table of error codes. Codes are stable strings; `kind` and `retry` drive the code, `hint` is for people. */
export const ERRORS = {
  "config.invalid": {
    kind: "config",
    retry: "person",
    what: "The configuration has problems.",
    hint: "Run: telpost check --config FILE",
  },
  "config.unreadable": {
    kind: "config",
    retry: "person",
    what: "The configuration file cannot be read.",
    hint: "Check the path and its permissions: ls -l FILE",
  },
  "config.identity_changed": {
    kind: "config",
    retry: "person",
    what: "Tenant, site or gateway id changed while the outbox still holds rows of the old one.",
    hint: "Put the old identity back, let the outbox drain, then change it.",
  },
  "config.last_good": {
    kind: "config",
    retry: "person",
    what: "telpost.yaml cannot be used; the last good configuration runs instead.",
    hint: "Mend /etc/telpost/telpost.yaml (telpost check), then run: /usr/lib/telpost/activate",
  },
  "usage.unknown_verb": {
    kind: "usage",
    retry: "never",
    what: "There is no such command.",
    hint: "Run: telpost help",
  },
  "usage.bad_arguments": {
    kind: "usage",
    retry: "never",
    what: "The arguments do not fit this command.",
    hint: "Run: telpost help COMMAND",
  },
  "usage.not_running": {
    kind: "usage",
    retry: "person",
    what: "The process does not answer on its control socket.",
    hint: "Run: systemctl status telpost.target",
  },
  "fleet.in_the_way": {
    kind: "usage",
    retry: "person",
    what: "Files that telpost fleet did not make, or that were changed by hand, are in the way.",
    hint: "Put into the inventory what was changed, move these files away, and run it again.",
  },
  "fleet.unusable": {
    kind: "storage",
    retry: "person",
    what: "The output folder of telpost fleet cannot be read or written.",
    hint: "Check the folder, its permissions and the room: ls -ld FOLDER; df -h FOLDER",
  },
  "setup.unanswered": {
    kind: "usage",
    retry: "person",
    what: "Setup needs an answer that the answers file does not give.",
    hint: "Add it to the file, or run telpost setup at a terminal.",
  },
  "setup.stopped": {
    kind: "usage",
    retry: "never",
    what: "Setup was stopped before its end; nothing is half written.",
    hint: "Run it again: what is done already is kept.",
  },
  "setup.exists": {
    kind: "config",
    retry: "person",
    what: "There is a configuration that somebody wrote; it is never overwritten unasked.",
    hint: "Run it again with --force; a copy of what is there is kept beside it.",
  },
  "setup.unwritable": {
    kind: "storage",
    retry: "person",
    what: "The configuration cannot be written.",
    hint: "Run it as root: sudo telpost setup; check the folder: ls -ld FOLDER; df -h FOLDER",
  },
  "setup.no_sensor": {
    kind: "device",
    retry: "person",
    what: "No profile fits what was heard at this port.",
    hint: "Run: telpost probe PORT; it says what to check. Or describe the sensor under sensors.",
  },
  "setup.not_started": {
    kind: "handover",
    retry: "person",
    what: "systemd could not start telpost.",
    hint: "Run: journalctl -n 50 -u telpost-sense -u telpost-forward",
  },
  "setup.no_window": {
    kind: "handover",
    retry: "person",
    what: "No window was sealed and kept in time.",
    hint: "Run: telpost status; it names what is missing. Then run telpost setup again.",
  },
  "update.not_possible": {
    kind: "usage",
    retry: "person",
    what: "A trial cannot begin here; nothing was changed.",
    hint: "Run it as root on an installed gateway with systemd. Without a trial: apt install ./FILE.deb",
  },
  "update.running": {
    kind: "usage",
    retry: "later",
    what: "A trial is not decided yet; nothing was changed.",
    hint: "Look at it with: telpost update --status. It ends by itself.",
  },
  "update.unsigned": {
    kind: "key",
    retry: "person",
    what: "There is no signature beside the package; nothing was changed.",
    hint: "Put FILE.deb.sig, which comes with the release, beside FILE.deb.",
  },
  "update.no_key": {
    kind: "key",
    retry: "person",
    what: "There is no release key to check the signature with; nothing was changed.",
    hint: "Ask the city for release-key.jwk, and as root: install -m 0644 release-key.jwk /etc/telpost/",
  },
  "update.bad_signature": {
    kind: "key",
    retry: "person",
    what: "The signature does not fit this package and this gateway's release key; nothing was changed.",
    hint: "Fetch the package and its .sig again, and ask the city which release key is right. Do not install it.",
  },
  "update.wrong_package": {
    kind: "usage",
    retry: "person",
    what: "This is no package of telpost for this gateway; nothing was changed.",
    hint: "Take the one for the architecture that dpkg --print-architecture names.",
  },
  "update.same_version": {
    kind: "usage",
    retry: "person",
    what: "This version is installed already; nothing was changed.",
    hint: "Take a newer one. To repair this one: apt install --reinstall ./FILE.deb",
  },
  "update.older": {
    kind: "usage",
    retry: "person",
    what: "This version is older than the one that is installed; nothing was changed.",
    hint: "When that is what you want, run it again with --downgrade.",
  },
  "update.taken_back_before": {
    kind: "usage",
    retry: "person",
    what: "This very package was tried and taken back; nothing was changed.",
    hint: "Take a newer one; or, when the reason is gone, run it again with --again.",
  },
  "update.no_room": {
    kind: "storage",
    retry: "person",
    what: "The disk has no room for the new release and the way back; nothing was changed.",
    hint: "Make room: df -h /var; apt clean; journalctl --vacuum-size=50M",
  },
  "update.no_previous": {
    kind: "storage",
    retry: "person",
    what: "Installed files were changed or damaged, so there would be no way back; nothing was changed.",
    hint: "Run: dpkg --verify telpost. Repair it with: apt install --reinstall ./FILE.deb of this version.",
  },
  "update.apt": {
    kind: "broker",
    retry: "later",
    what: "apt brought no verified package; nothing was changed.",
    hint: "Run: apt-get update; apt-cache policy telpost. The repository needs signed-by= in its source.",
  },
  "update.returned": {
    kind: "usage",
    retry: "person",
    what: "What was new did not prove itself; the gateway runs with what it had before.",
    hint: "Run: journalctl -u telpost-trial -u telpost-sense -u telpost-forward; it says why.",
  },
  "update.stuck": {
    kind: "usage",
    retry: "person",
    what: "What was new did not prove itself, and going back did not help; nothing more is tried.",
    hint: "Run: telpost status; journalctl -u telpost-sense -u telpost-forward. It may not be what was new.",
  },
  "update.unproven": {
    kind: "usage",
    retry: "person",
    what: "No window came with what is new, and there is nothing to go back to.",
    hint: "Run: telpost status; it names what is missing.",
  },
  "update.overtaken": {
    kind: "usage",
    retry: "person",
    what: "The package was changed by somebody else during the trial; it ended there.",
    hint: "Run: telpost status; it shows what runs.",
  },
  "demo.not_started": {
    kind: "handover",
    retry: "person",
    what: "The gateway of the demo did not get ready within 30 seconds.",
    hint: "The last lines of its log say why; on a busy machine, try again later.",
  },
  "device.absent": {
    kind: "device",
    retry: "later",
    what: "The device file does not exist.",
    hint: "Check the cable, then: ls -l /dev/serial/by-id",
  },
  "device.denied": {
    kind: "device",
    retry: "later",
    what: "No permission to open the device.",
    hint: "Add the service's user to group dialout (serial) or gpio, then restart the unit.",
  },
  "device.busy": {
    kind: "device",
    retry: "later",
    what: "Another process holds the device.",
    hint: "Find it: fuser -v DEVICE; stop it or remove it.",
  },
  "device.gone": {
    kind: "device",
    retry: "later",
    what: "The device went away while it was open.",
    hint: "Check the cable and power, then: ls -l /dev/serial/by-id, or gpiodetect for a GPIO chip",
  },
  "device.refused": {
    kind: "device",
    retry: "later",
    what: "The device does not take these line settings.",
    hint: "Check baudRate, dataBits, parity and stopBits against the sensor's manual.",
  },
  "device.io": {
    kind: "device",
    retry: "later",
    what: "Reading from the device failed.",
    hint: "Check the cable and the kernel log: journalctl -k | tail",
  },
  "device.no_chip": {
    kind: "device",
    retry: "later",
    what: "No GPIO chip of this machine has the label of gpio.chip.",
    hint: "gpiodetect shows the labels in brackets; write one of them as gpio.chip.",
  },
  "device.no_line": {
    kind: "device",
    retry: "later",
    what: "The GPIO chip has no line of this number or name.",
    hint: "gpioinfo shows the lines of each chip with their names; correct the line in telpost.yaml.",
  },
  "device.line_busy": {
    kind: "device",
    retry: "later",
    what: "The kernel or another program holds the GPIO line, or two inputs of the sensor are the same line.",
    hint: "gpioinfo names who holds it; stop that program, or remove the overlay from config.txt.",
  },
  "device.line_refused": {
    kind: "device",
    retry: "later",
    what: "The GPIO chip does not take these settings, or cannot watch this line for changes.",
    hint: "Try bias: as-is with a resistor of your own, or another line.",
  },
  "device.no_adapter": {
    kind: "device",
    retry: "person",
    what: "This build cannot read GPIO lines of this machine.",
    hint: "Use a serial counter, or install the gateway package.",
  },
  "device.no_onoff": {
    kind: "device",
    retry: "person",
    what: "onoff cannot be loaded: it, or the compiled part of its epoll, is missing or was made for another Node.",
    hint: "In a checkout run: npm ci --include=optional && npm run epoll. Or leave gpio.driver out.",
  },
  "device.no_sysfs": {
    kind: "device",
    retry: "person",
    what: "This kernel does not show GPIO lines as files in /sys/class/gpio.",
    hint: "Leave gpio.driver out of telpost.yaml: the default driver needs no such files.",
  },
  "device.sysfs_denied": {
    kind: "device",
    retry: "later",
    what: "No permission to export or set a GPIO line in /sys/class/gpio.",
    hint: "Put the udev rule and the drop-in of onoff in place: firmware-config/README.md, Two drivers for GPIO lines.",
  },
  "device.silent": {
    kind: "device",
    retry: "later",
    what: "The device is connected but has fallen silent; it is started anew.",
    hint: "Check its power and cable; if it stays silent, replace it.",
  },
  "device.blocked": {
    kind: "device",
    retry: "later",
    what: "Something has been in the way of the sensor for too long, such as dirt in a light beam.",
    hint: "Clear and align the beams; the sensor then goes on by itself.",
  },
  "device.no_answer": {
    kind: "device",
    retry: "later",
    what: "The device does not answer as its profile says.",
    hint: "Check profile, baud rate, address and wiring: telpost help check",
  },
  "device.forbidden": {
    kind: "device",
    retry: "person",
    what: "The device sends what its profile forbids, such as pictures; it is discarded.",
    hint: "Set the device as its page in firmware-config says.",
  },
  "contact.door": {
    kind: "platform",
    retry: "person",
    what: "The door of the cabinet is open.",
    hint: "Close it. If nobody of ours is there, go and look. It counts as open until it was closed for ten minutes.",
  },
  "contact.tamper": {
    kind: "platform",
    retry: "person",
    what: "The tamper contact says that somebody is at the cabinet.",
    hint: "Go and look; compare the seals and the serial numbers of the devices.",
  },
  "contact.water": {
    kind: "platform",
    retry: "person",
    what: "There is water in the cabinet.",
    hint: "Switch the supply off before you reach in; find where it comes in, and dry the contact.",
  },
  "contact.power_fail": {
    kind: "platform",
    retry: "later",
    what: "The supply has failed; open windows were closed early and saved, and the rest of them is declared.",
    hint: "Check mains, fuse and power supply. Counting goes on with the next window as long as the battery lasts.",
  },
  "platform.under_voltage": {
    kind: "platform",
    retry: "person",
    what: "The board gets less than 4.63 V.",
    hint: "Use the official power supply and a short, thick cable; take USB devices to a powered hub.",
  },
  "platform.throttled": {
    kind: "platform",
    retry: "later",
    what: "The processor is slowed down, because it is too hot.",
    hint: "Shade the cabinet, clean its vents, check the fan.",
  },
  "platform.hot": {
    kind: "platform",
    retry: "later",
    what: "The processor is hotter than 80 degrees.",
    hint: "Shade the cabinet, clean its vents, check the fan. It is told until it was below 70 degrees.",
  },
  "platform.card_errors": {
    kind: "platform",
    retry: "person",
    what: "A file system has recorded errors; a card begins to fail like this.",
    hint: "Copy what waits (telpost outbox export), replace the card, or check it unmounted: fsck.ext4 -f",
  },
  "platform.card_worn": {
    kind: "platform",
    retry: "person",
    what: "The flash memory has used 90 % of its life, or most of its spare blocks.",
    hint: "Replace it at the next visit: cat /sys/block/mmcblk*/device/life_time",
  },
  "platform.read_only": {
    kind: "platform",
    retry: "person",
    what: "The file system of the outbox has turned read-only; a failing card makes itself so.",
    hint: "Check the kernel log: journalctl -k | tail. Sensors are counted on; replace the card soon.",
  },
  "platform.disk_full": {
    kind: "platform",
    retry: "later",
    what: "The disk of the outbox is full.",
    hint: "Make room: df -h; the oldest windows are dropped and declared until then.",
  },
  "key.unreadable": {
    kind: "key",
    retry: "person",
    what: "A key file cannot be read.",
    hint: "Check that it exists and that only the service can read it: ls -l FILE",
  },
  "key.too_open": {
    kind: "key",
    retry: "person",
    what: "Others can read a private key file.",
    hint: "Run: chmod 600 FILE",
  },
  "key.invalid": {
    kind: "key",
    retry: "person",
    what: "A key file does not hold what it should.",
    hint: "Make a new one: telpost help keys",
  },
  "key.unwritable": {
    kind: "key",
    retry: "person",
    what: "A key file cannot be written, or one of that name exists.",
    hint: "An existing key is never overwritten; choose another path, or check the folder: ls -ld FOLDER",
  },
  "key.signature": {
    kind: "key",
    retry: "person",
    what: "The city key set is not signed by the pinned city root key.",
    hint: "Get city-keys.jws and city-root.jwk again from the city, by a way you trust.",
  },
  "key.older": {
    kind: "key",
    retry: "never",
    what: "The city key set is older than the one in use.",
    hint: "Nothing to do if it was replayed; the newer one stays in use.",
  },
  "key.none_usable": {
    kind: "key",
    retry: "later",
    what: "No city key can be used now, so nothing is sealed.",
    hint: "Publish a new signed key set on the keys topic, or put it in city.keys.",
  },
  "crash.not_tmpfs": {
    kind: "storage",
    retry: "person",
    what: "The crash copy would lie on a disk, where an open window must never be.",
    hint: "Point --crash at a tmpfs such as /run/telpost-sense or /dev/shm.",
  },
  "crash.unusable": {
    kind: "storage",
    retry: "person",
    what: "The crash copy cannot be written.",
    hint: "Check that the folder exists, belongs to the service and has room: df -h FOLDER",
  },
  "outbox.unusable": {
    kind: "storage",
    retry: "later",
    what: "The outbox database cannot be opened.",
    hint: "Check the state folder: ls -l, df -h, mount; then restart the unit.",
  },
  "outbox.damaged": {
    kind: "storage",
    retry: "later",
    what: "The outbox database is damaged.",
    hint: "It was moved aside and kept; readable rows were salvaged. Check the card: dmesg | grep mmc",
  },
  "outbox.full": {
    kind: "storage",
    retry: "later",
    what: "The disk or the outbox quota is full.",
    hint: "Make room: df -h; the oldest windows are dropped and declared until then.",
  },
  "outbox.write_failed": {
    kind: "storage",
    retry: "later",
    what: "Writing to the outbox failed.",
    hint: "Check the card and the kernel log: journalctl -k | tail",
  },
  "outbox.read_only": {
    kind: "storage",
    retry: "person",
    what: "The outbox lies on a file system that is read-only; a failing card makes itself so.",
    hint: "Check the kernel log and the mount: journalctl -k | tail; mount | grep ' ro'. Sensors are counted on.",
  },
  "outbox.absent": {
    kind: "storage",
    retry: "person",
    what: "There is no outbox in this folder.",
    hint: "Name the state folder: --state DIR (default /var/lib/telpost).",
  },
  "outbox.not_owner": {
    kind: "storage",
    retry: "person",
    what: "The outbox belongs to another user, who could not write to it any more.",
    hint: "Run it as that user: sudo -u telpost-forward telpost outbox ...",
  },
  "outbox.bad_export": {
    kind: "storage",
    retry: "person",
    what: "This is no whole export of an outbox, so nothing of it was taken.",
    hint: "Copy the file again and compare its size, or export again: telpost outbox export FILE",
  },
  "outbox.export_failed": {
    kind: "storage",
    retry: "person",
    what: "The export cannot be written.",
    hint: "Name a new file in a folder that you may write to, with room: ls -l FILE; df -h FOLDER",
  },
  "outbox.locked": {
    kind: "storage",
    retry: "person",
    what: "Another process writes to this outbox.",
    hint: "Only one forward may run per state folder: systemctl status telpost-forward",
  },
  "outbox.newer": {
    kind: "storage",
    retry: "person",
    what: "The outbox was written by a newer major version.",
    hint: "Install that version again.",
  },
  "handover.unreachable": {
    kind: "handover",
    retry: "later",
    what: "telpost-forward does not answer; windows wait in memory.",
    hint: "Run: systemctl status telpost-forward",
  },
  "handover.version": {
    kind: "handover",
    retry: "person",
    what: "The two processes speak different major versions; both hold.",
    hint: "Install one version for both and restart: systemctl restart telpost.target",
  },
  "handover.protocol": {
    kind: "handover",
    retry: "later",
    what: "The other side of the handover sent something that does not fit.",
    hint: "If it repeats, restart both units and report it with the log.",
  },
  "handover.in_use": {
    kind: "handover",
    retry: "person",
    what: "Another process already listens on the handover socket.",
    hint: "Only one forward may run: systemctl status telpost-forward",
  },
  "socket.unusable": {
    kind: "handover",
    retry: "person",
    what: "A socket for the other processes of this machine cannot be made.",
    hint: "Check that its folder exists, belongs to the service and has a short path: ls -ld FOLDER",
  },
  "control.in_use": {
    kind: "handover",
    retry: "person",
    what: "Another process of this kind already runs here.",
    hint: "Only one sense and one forward may run: systemctl status telpost.target",
  },
  "control.denied": {
    kind: "handover",
    retry: "person",
    what: "The process runs, but you may not ask it.",
    hint: "Use sudo, or join the group: sudo usermod -aG telpost-ops USER",
  },
  "broker.unresolved": {
    kind: "broker",
    retry: "later",
    what: "The broker's name is not found.",
    hint: "Check broker.url and name resolution: getent hosts NAME",
  },
  "broker.unreachable": {
    kind: "broker",
    retry: "later",
    what: "The broker cannot be reached.",
    hint: "Check route and firewall: nc -vz HOST PORT",
  },
  "broker.timeout": {
    kind: "broker",
    retry: "later",
    what: "The broker does not answer.",
    hint: "Check route and firewall; the windows wait in the outbox.",
  },
  "broker.tls_ca": {
    kind: "broker",
    retry: "later",
    what: "The broker's certificate is not signed by the CA in broker.ca.",
    hint: "Put the right CA certificate in broker.ca.",
  },
  "broker.tls_name": {
    kind: "broker",
    retry: "later",
    what: "The broker's certificate is for another name.",
    hint: "Use the name in the certificate in broker.url.",
  },
  "broker.tls_expired": {
    kind: "broker",
    retry: "later",
    what: "A certificate has expired.",
    hint: "Renew it; check the dates: openssl x509 -noout -dates -in FILE",
  },
  "broker.tls_clock": {
    kind: "clock",
    retry: "later",
    what: "The clock is not set, so no certificate can be judged.",
    hint: "Check time sync: timedatectl; the connection is tried again once the clock is set.",
  },
  "broker.tls_client": {
    kind: "broker",
    retry: "later",
    what: "The broker does not accept this gateway's certificate.",
    hint: "Check broker.cert and broker.key; the broker's log names the reason.",
  },
  "broker.tls_other": {
    kind: "broker",
    retry: "later",
    what: "The TLS handshake with the broker failed.",
    hint: "Check broker.url (mqtts and the right port) and the broker's log.",
  },
  "broker.refused": {
    kind: "broker",
    retry: "later",
    what: "The broker refused the connection.",
    hint: "Check the user name, password or certificate and the broker's ACL.",
  },
  "broker.denied": {
    kind: "broker",
    retry: "later",
    what: "The broker's ACL denies this topic.",
    hint: "Allow this gateway to write below its own topic; see deploy/mosquitto/acl.",
  },
  "broker.no_subscriber": {
    kind: "broker",
    retry: "later",
    what: "Nobody subscribes to this topic, so the broker throws messages away; they are kept.",
    hint: "Start the city's reader: telpost receive",
  },
  "broker.rejected": {
    kind: "broker",
    retry: "later",
    what: "The broker rejected a message.",
    hint: "Look at the reason code in the log and the broker's limits.",
  },
  "broker.not_proof": {
    kind: "broker",
    retry: "person",
    what: "This broker speaks MQTT 3.1.1, where an acknowledgement proves nothing; all rows are held.",
    hint: "Use an MQTT 5 broker, or set broker.ack: city and run telpost receive --ack.",
  },
  "broker.closed": {
    kind: "broker",
    retry: "later",
    what: "The broker closed the connection.",
    hint: "The broker's log names the reason.",
  },
  "broker.protocol": {
    kind: "broker",
    retry: "later",
    what: "The broker sent something that is not MQTT.",
    hint: "Check that broker.url points at an MQTT port.",
  },
  "clock.unsynced": {
    kind: "clock",
    retry: "later",
    what: "The clock was never set since boot; closed windows wait for it.",
    hint: "Check time sync: timedatectl",
  },
  "receive.memory": {
    kind: "storage",
    retry: "person",
    what: "The reader's memory of what it has seen cannot be used.",
    hint: "Check the path, its permissions and the room: ls -l FILE; df -h FOLDER. Do not delete it: without it messages are handed on twice.",
  },
  "receive.handler": {
    kind: "storage",
    retry: "later",
    what: "What was received could not be handed on, so it is not acknowledged and will come again.",
    hint: "Look at what takes the records: its log, its disk, its database.",
  },
  "replay.unreadable": {
    kind: "usage",
    retry: "person",
    what: "The recording cannot be replayed.",
    hint: "Each line is one event, ordered by time. Run: telpost help replay",
  },
  "receive.unreadable": {
    kind: "config",
    retry: "person",
    what: "The site file or a file it names cannot be read.",
    hint: "Check the path: ls -l FILE",
  },
} as const satisfies Record<string, ErrorEntry>;
