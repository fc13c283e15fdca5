import { InvalidInputError } from '../../errors.js';

export interface RedisAddress {
  host: string;
  port: number;
}

/**
 * A list such as `one:26379,two:26379`, spaces allowed around the items; an IPv6 host stands in brackets.
 *
 * @throws InvalidInputError an item is not `host:port`, or there is none
 */
export function parseRedisAddresses(list: string): RedisAddress[] {
  return list.split(',').map((item) => parseAddress(item.trim()));
}

function parseAddress(item: string): RedisAddress {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(item) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new InvalidInputError(`Not a list of host:port items: ${JSON.stringify(item)}`);
  }
  return { host, port };
}
