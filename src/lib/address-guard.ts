import { lookup as systemLookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";

/** A name's address that was found good; connect to this one, never to the name. */
export type CheckedAddress = { readonly address: string; readonly family: 4 | 6 };

/** All addresses of a name, as the system resolves it. */
export type Lookup = (hostname: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

/** The name leads to an address nobody may be sent to. */
export class AddressRefused extends Error {
  constructor(hostname: string, address: string) {
    super(
      hostname === address
        ? `${address} is no public address`
        : `${hostname} leads to ${address}, which is no public address`,
    );
    this.name = "AddressRefused";
  }
}

/**
 * Everything that is not the public internet: this machine, private and link-local networks, cloud metadata, multicast,
 * documentation, and what wraps an IPv4 address into an IPv6 one. From the IANA special-purpose registries (RFC 6890 and after).
 */
const SPECIAL_NETWORKS = [
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"],
  ...["192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"],
  ...["224.0.0.0/4", "240.0.0.0/4"],
  ...["::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16"],
  ...["3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"],
];

/** Says whether an outgoing connection made on a user's word may go to an address. security.md rule 11. */
export class AddressGuard {
  readonly #special = blockList(SPECIAL_NETWORKS);
  readonly #allowed: BlockList;
  readonly #lookup: Lookup;

  /** `allowed`: networks (`10.1.0.0/16`, `127.0.0.1`) that are fine although they are not public. */
  constructor(allowed: readonly string[] = [], lookup: Lookup = (name) => systemLookup(name, { all: true })) {
    this.#allowed = blockList(allowed);
    this.#lookup = lookup;
  }

  /** Whether this address, written as numbers, may be connected to. */
  permits(address: string): boolean {
    const plain = withoutMapping(address);
    const version = isIP(plain);
    if (version === 0) return false;
    const family = version === 4 ? "ipv4" : "ipv6";
    return this.#allowed.check(plain, family) || !this.#special.check(plain, family);
  }

  /**
   * The address to connect to for a URL's host name (`[::1]` in brackets, too). A name with any address that is not
   * permitted is refused whole. Rejects with AddressRefused, or the system's error when there is no such name.
   */
  async resolve(hostname: string): Promise<CheckedAddress> {
    const name = hostname.replace(/^\[(.*)\]$/, "$1");
    const found = isIP(name) === 0 ? await this.#lookup(name) : [{ address: name, family: isIP(name) }];
    const [first] = found;
    if (first === undefined) throw new Error(`${name} has no address`);
    for (const { address } of found) if (!this.permits(address)) throw new AddressRefused(name, address);
    return { address: withoutMapping(first.address), family: isIP(withoutMapping(first.address)) === 4 ? 4 : 6 };
  }
}

/** Whether the text is a network or an address, `10.0.0.0/8`, `::1`. */
export function isNetwork(text: string): boolean {
  const [address = "", bits, ...more] = text.split("/");
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", bits] = network.split("/");
    const family = isIP(address) === 4 ? "ipv4" : "ipv6";
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/** `::ffff:127.0.0.1` and `::ffff:7f00:1` are 127.0.0.1. */
function withoutMapping(address: string): string {
  const dotted = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (dotted !== undefined) return dotted;
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(address) ?? [];
  if (high === undefined || low === undefined) return address;
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [a >> 8, a & 255, b >> 8, b & 255].join(".");
}
