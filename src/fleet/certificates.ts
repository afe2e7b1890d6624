import type { FleetGateway } from "./gateways.ts";

/** What `openssl req` reads on the gateway (openssl-req(1)): the key is made there and never leaves it. */
export function requestText({ identity: { gateway }, commonName }: FleetGateway): string {
  return `# Once, on the gateway ${gateway}, in the folder of this file:
#   (umask 077; openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \\
#      -config request.cnf -keyout ${gateway}.key -out ${gateway}.csr)
# The key stays; ${gateway}.csr goes back to whoever has the certificate authority, who signs it with sign.sh.
[req]
prompt = no
distinguished_name = name
req_extensions = client

[name]
CN = ${commonName}

[client]
extendedKeyUsage = clientAuth
`;
}

/** The names to sign, for `sign.sh`: gateway, common name. */
export function namesText(gateways: readonly FleetGateway[]): string {
  return gateways.map(({ identity, commonName }) => `${identity.gateway}\t${commonName}\n`).join("");
}

/**
 * Signs requests that came back, only under the name that the inventory gives the gateway: a request may ask for any.
 * What to sign with stays with whoever runs it.
 */
export const SIGN_SCRIPT = `# Signs requests that came back from the gateways: sh sign.sh CA.pem CA.key FOLDER [DAYS]
# Each FOLDER/<gateway>.csr becomes FOLDER/<gateway>.pem; one that is there already is left alone. A request is signed
# only when it asks for the name that names.tsv gives that gateway.
set -eu
[ $# -ge 3 ] || { echo "usage: sh sign.sh CA.pem CA.key FOLDER [DAYS]" >&2; exit 2; }
here=$(dirname "$0")
ca=$1 key=$2 folder=$3 days=\${4:-730} failed=0
for csr in "$folder"/*.csr; do
  [ -f "$csr" ] || continue
  id=$(basename "$csr" .csr)
  cert=$folder/$id.pem
  [ ! -e "$cert" ] || continue
  name=$(awk -F '\\t' -v id="$id" '$1 == id { print $2 }' "$here/names.tsv")
  said=$(openssl req -in "$csr" -noout -verify -subject -nameopt RFC2253 2>/dev/null | sed -n 's/^subject= *//p')
  if [ -z "$name" ] || [ "$said" != "CN=$name" ]; then
    echo "$csr: not signed; it asks for \${said:-nothing readable}, the inventory says \${name:-no such gateway}" >&2
    failed=1
    continue
  fi
  openssl x509 -req -in "$csr" -CA "$ca" -CAkey "$key" -CAcreateserial -days "$days" \\
    -extfile "$here/gateways/$id/request.cnf" -extensions client -out "$cert.new" 2>/dev/null
  mv "$cert.new" "$cert"
  echo "$cert: CN=$name"
done
exit $failed
`;
