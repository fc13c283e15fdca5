/** A stored name, and a part by which a list must find it whatever the form of either. */
export const NAME_FORMS = [
  ['Straße', 'STRASSE'],
  ['STRASSE', 'straße'],
  ['GROẞ', 'gross'],
  ['Besprechung gro\u0308ßer', 'größer'],
  ['Ｗｅｅｋｌｙ', 'weekly'],
  ['ΟΔΟΣ', 'οδος'],
  ['ﬁnance', 'FI'],
  ['a  b\u00a0c', 'a b c'],
] as const;
