# Written by npm run docs from src/cli; change the verbs, not this file.
# shellcheck shell=bash
_telpost() {
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} flags words=
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W "demo run sense forward status doctor top explain support-bundle outbox check setup update sensors probe sniff walktest replay receive command privacy-report keys fleet help version" -- "$current")
    return
  fi
  case "${COMP_WORDS[1]} $before" in
    "demo --seconds") return ;;
    "run --config") compopt -o default 2>/dev/null; return ;;
    "run --runtime") compopt -o dirnames 2>/dev/null; return ;;
    "run --crash") compopt -o dirnames 2>/dev/null; return ;;
    "run --state") compopt -o dirnames 2>/dev/null; return ;;
    "run --log-level") return ;;
    "sense --config") compopt -o default 2>/dev/null; return ;;
    "sense --runtime") compopt -o dirnames 2>/dev/null; return ;;
    "sense --crash") compopt -o dirnames 2>/dev/null; return ;;
    "sense --safe") compopt -o dirnames 2>/dev/null; return ;;
    "sense --log-level") return ;;
    "forward --config") compopt -o default 2>/dev/null; return ;;
    "forward --runtime") compopt -o dirnames 2>/dev/null; return ;;
    "forward --state") compopt -o dirnames 2>/dev/null; return ;;
    "forward --safe") compopt -o dirnames 2>/dev/null; return ;;
    "forward --log-level") return ;;
    "status --runtime") compopt -o dirnames 2>/dev/null; return ;;
    "status --crash") compopt -o dirnames 2>/dev/null; return ;;
    "status --safe") compopt -o dirnames 2>/dev/null; return ;;
    "doctor --config") compopt -o default 2>/dev/null; return ;;
    "doctor --runtime") compopt -o dirnames 2>/dev/null; return ;;
    "doctor --crash") compopt -o dirnames 2>/dev/null; return ;;
    "doctor --state") compopt -o dirnames 2>/dev/null; return ;;
    "doctor --safe") compopt -o dirnames 2>/dev/null; return ;;
    "top --seconds") return ;;
    "top --times") return ;;
    "top --runtime") compopt -o dirnames 2>/dev/null; return ;;
    "top --crash") compopt -o dirnames 2>/dev/null; return ;;
    "explain --seq") return ;;
    "explain --epoch") return ;;
    "explain --config") compopt -o default 2>/dev/null; return ;;
    "explain --runtime") compopt -o dirnames 2>/dev/null; return ;;
    "explain --crash") compopt -o dirnames 2>/dev/null; return ;;
    "support-bundle --out") compopt -o default 2>/dev/null; return ;;
    "support-bundle --config") compopt -o default 2>/dev/null; return ;;
    "support-bundle --runtime") compopt -o dirnames 2>/dev/null; return ;;
    "support-bundle --crash") compopt -o dirnames 2>/dev/null; return ;;
    "support-bundle --state") compopt -o dirnames 2>/dev/null; return ;;
    "support-bundle --safe") compopt -o dirnames 2>/dev/null; return ;;
    "outbox --state") compopt -o dirnames 2>/dev/null; return ;;
    "outbox --config") compopt -o default 2>/dev/null; return ;;
    "outbox --limit") return ;;
    "check --config") compopt -o default 2>/dev/null; return ;;
    "setup --config") compopt -o default 2>/dev/null; return ;;
    "setup --answers") compopt -o default 2>/dev/null; return ;;
    "setup --wait") return ;;
    "setup --runtime") compopt -o dirnames 2>/dev/null; return ;;
    "setup --crash") compopt -o dirnames 2>/dev/null; return ;;
    "update --config") compopt -o default 2>/dev/null; return ;;
    "sensors --config") compopt -o default 2>/dev/null; return ;;
    "probe --config") compopt -o default 2>/dev/null; return ;;
    "probe --baud") return ;;
    "probe --profile") return ;;
    "probe --seconds") return ;;
    "sniff --seconds") return ;;
    "sniff --config") compopt -o default 2>/dev/null; return ;;
    "sniff --crash") compopt -o dirnames 2>/dev/null; return ;;
    "walktest --line") return ;;
    "walktest --crash") compopt -o dirnames 2>/dev/null; return ;;
    "replay --config") compopt -o default 2>/dev/null; return ;;
    "receive --site") compopt -o default 2>/dev/null; return ;;
    "receive --republish") return ;;
    "receive --as") return ;;
    "receive --zone") return ;;
    "receive --log-level") return ;;
    "command --gateway") return ;;
    "command --site") compopt -o default 2>/dev/null; return ;;
    "command --timeout") return ;;
    "privacy-report --config") compopt -o default 2>/dev/null; return ;;
    "privacy-report --read") compopt -o default 2>/dev/null; return ;;
    "privacy-report --lang") return ;;
    "privacy-report --crash") compopt -o dirnames 2>/dev/null; return ;;
    "keys --out") compopt -o default 2>/dev/null; return ;;
    "keys --public") compopt -o default 2>/dev/null; return ;;
    "keys --root") compopt -o default 2>/dev/null; return ;;
    "keys --ring") compopt -o default 2>/dev/null; return ;;
    "keys --set") compopt -o default 2>/dev/null; return ;;
    "keys --kid") return ;;
    "keys --add") compopt -o default 2>/dev/null; return ;;
    "keys --version") return ;;
    "keys --days") return ;;
    "keys --site") compopt -o default 2>/dev/null; return ;;
    "keys --gateway") return ;;
    "fleet --out") compopt -o dirnames 2>/dev/null; return ;;
    "fleet --keys") compopt -o dirnames 2>/dev/null; return ;;
  esac
  case ${COMP_WORDS[1]} in
    help) flags= words="demo run sense forward status doctor top explain support-bundle outbox check setup update sensors probe sniff walktest replay receive command privacy-report keys fleet" ;;
    demo) flags="--sensors --seconds --plain --help" ;;
    run) flags="--config --runtime --crash --state --log-level --help" ;;
    sense) flags="--config --runtime --crash --safe --log-level --help" ;;
    forward) flags="--config --runtime --state --safe --log-level --help" ;;
    status) flags="--json --runtime --crash --safe --help" ;;
    doctor) flags="--json --config --runtime --crash --state --safe --help" ;;
    top) flags="--seconds --plain --times --runtime --crash --help" ;;
    explain) flags="--seq --epoch --config --runtime --crash --help" ;;
    support-bundle) flags="--list --out --config --runtime --crash --state --safe --help" ;;
    outbox) flags="--state --config --limit --json --help" ;;
    check) flags="--config --json --help" ;;
    setup) flags="--config --answers --force --no-start --wait --runtime --crash --help" ;;
    update) flags="--apt --configuration --status --downgrade --again --no-wait --judge --config --help" ;;
    sensors) flags="--config --json --help" ;;
    probe) flags="--config --ask --baud --profile --seconds --json --help" ;;
    sniff) flags="--seconds --json --config --crash --help" ;;
    walktest) flags="--line --bytes --crash --help" ;;
    replay) flags="--config --sealed --help" ;;
    receive) flags="--site --ack --republish --as --zone --log-level --help" ;;
    command) flags="--gateway --site --timeout --help" words="health privacy restart doctor" ;;
    privacy-report) flags="--config --read --html --lang --signed --crash --help" ;;
    keys) flags="--out --public --root --ring --set --kid --add --version --days --lab --site --gateway --help" words="gateway root city sign revoke publish release show" ;;
    fleet) flags="--out --keys --check --help" ;;
    *) return ;;
  esac
  case $current in
    -*) mapfile -t COMPREPLY < <(compgen -W "$flags" -- "$current") ;;
    *)
      if [ -n "$words" ]; then
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
      else
        compopt -o default 2>/dev/null
      fi
      ;;
  esac
}
complete -F _telpost telpost
