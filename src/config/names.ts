import { closest, distance } from 'fastest-levenshtein';

/** Variables by name, as the system gives them. */
export type RawEnvironment = Readonly<Record<string, string | undefined>>;

/** Names and values that Kubernetes gives to every container for a service: `LIVEKIT_PORT=tcp://10.0.0.1:7880`. */
const SERVICE_LINK_NAME = /_(SERVICE_(HOST|PORT)(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/;
const SERVICE_LINK_VALUE = /^(tcp|udp|sctp):\/\//;
/** OpenVidu Meet has variables that Tally does not have, so of its families only a misspelling is reported. */
const OURS = 'TALLY_';
const OTHERS = /^(MEET|LIVEKIT|SERVER)_/;
/** A name with up to this many wrong letters is a misspelling: two neighbours that changed places are two. */
const MISSPELT_LETTERS = 2;

/** Whether Kubernetes and not the operator has set this variable. Such variables count as unset. */
export function isServiceLink(name: string, value: string | undefined): boolean {
  return SERVICE_LINK_NAME.test(name) || (name.endsWith('_PORT') && value !== undefined && SERVICE_LINK_VALUE.test(value));
}

/** One sentence about each set variable that has no effect although it was probably meant for Tally. */
export function nameWarnings(env: RawEnvironment, known: readonly string[]): string[] {
  const ours = Object.keys(env).filter((name) => (name.startsWith(OURS) || OTHERS.test(name)) && env[name] !== undefined);
  const links = ours.filter((name) => isServiceLink(name, env[name]));
  const unknown = ours.filter((name) => !links.includes(name) && !known.includes(name));
  const warnings = unknown.flatMap((name) => {
    const nearest = closest(name, known);
    const isMisspelt = distance(name, nearest) <= MISSPELT_LETTERS;
    if (isMisspelt) return [`${name} is no variable of Tally: did you mean ${nearest}?`];
    return name.startsWith(OURS) ? [`${name} is no variable of Tally`] : [];
  });
  if (links.length === 0) return warnings;
  return [...warnings, `Service links of Kubernetes are ignored: ${links.sort().join(', ')}`];
}
