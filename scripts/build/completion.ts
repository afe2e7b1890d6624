import type { LoadedVerb } from "./manual.ts";

/** Completion for bash, from the table of verbs: verbs, their flags, files after flags that take one. */
export function bashCompletion(all: readonly LoadedVerb[]): string {
  const names = all.map(({ name }) => name).join(" ");
  return `# Written by npm run docs from src/cli; change the verbs, not this file.
# shellcheck shell=bash
_telpost() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} flags words=
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W "${names} help version" -- "$current")
    return
  fi
  case "\${COMP_WORDS[1]} $before" in
${takesValue(all)}  esac
  case \${COMP_WORDS[1]} in
    help) flags= words="${names}" ;;
${all.map(verbCase).join("")}    *) return ;;
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
`;
}

/** After a flag with a value: a folder, a file, or nothing that could be guessed. */
function takesValue(all: readonly LoadedVerb[]): string {
  const actions: Record<string, string> = {
    DIR: "compopt -o dirnames 2>/dev/null; return",
    FILE: "compopt -o default 2>/dev/null; return",
  };
  const flags = all.flatMap(({ name, options }) =>
    Object.entries(options).flatMap(([flag, { type, value }]) =>
      type === "string" ? [`    "${name} --${flag}") ${actions[value ?? ""] ?? "return"} ;;\n`] : [],
    ),
  );
  return flags.join("");
}

function verbCase({ name, usage, options }: LoadedVerb): string {
  const flags = [...Object.keys(options), "help"].map((flag) => `--${flag}`).join(" ");
  const words = /^[a-z]+(?:\|[a-z]+)+/.exec(usage)?.[0].replaceAll("|", " ");
  return `    ${name}) flags="${flags}"${words ? ` words="${words}"` : ""} ;;\n`;
}
