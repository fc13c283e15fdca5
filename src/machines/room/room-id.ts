import { randomInt } from 'node:crypto';

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';
const SUFFIX_LENGTH = 15;

/** A new room id: the readable part of the name, and 15 random characters. */
export function drawRoomId(roomName: string): string {
  const suffix = Array.from({ length: SUFFIX_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return `${roomIdPrefix(roomName)}-${suffix}`;
}

/** The readable part of a room id: the name without accents, in lower case, words joined by `_`. */
export function roomIdPrefix(roomName: string): string {
  const prefix = roomName
    .normalize('NFD')
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_')
    .replaceAll(/[^a-z0-9_]/g, '')
    .replaceAll(/_+/g, '_')
    .replaceAll(/^_|_$/g, '');
  return prefix === '' ? 'room' : prefix;
}
