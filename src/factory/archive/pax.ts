/** One pax record, `"<length> <key>=<value>\n"`; the length counts itself (POSIX.1-2017, pax, "Extended Header"). */
export function formatPaxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return length + rest;
}

/** The records of a pax header, as binary strings; undefined when the bytes are not such records, each key once. */
export function parsePaxRecords(bytes: Buffer): Map<string, string> | undefined {
  const records = new Map<string, string>();
  for (let start = 0; start < bytes.length; ) {
    const space = bytes.indexOf(0x20, start);
    const digits = space < 0 || space - start > 10 ? '' : bytes.toString('latin1', start, space);
    const end = start + Number(digits);
    const equals = bytes.indexOf(0x3d, space);
    if (!/^[1-9]\d*$/.test(digits) || end > bytes.length || bytes[end - 1] !== 0x0a) return undefined;
    if (equals <= space + 1 || equals >= end) return undefined;
    const key = bytes.toString('latin1', space + 1, equals);
    if (records.has(key)) return undefined;
    records.set(key, bytes.toString('latin1', equals + 1, end - 1));
    start = end;
  }
  return records;
}
