/** Parses untrusted JSON; returns an empty object unless it is an object. */
export function parseObject(json: string): Record<string, unknown> {
  try {
    return { ...(JSON.parse(json) as object | null) } as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** Parses what this machine keeps as a JSON list: entries that are damaged, or all of a damaged list, are left out. */
export function parseList<T>(json: string, isEntry: (value: unknown) => value is T): T[] {
  return (parseArray(json) ?? []).filter(isEntry);
}

/** The same; undefined if anything of it is damaged. */
export function parseWholeList<T>(json: string, isEntry: (value: unknown) => value is T): T[] | undefined {
  const list = parseArray(json);
  return list?.every(isEntry) ? list : undefined;
}

function parseArray(json: string): unknown[] | undefined {
  try {
    const list: unknown = JSON.parse(json);
    return Array.isArray(list) ? list : undefined;
  } catch {
    return undefined;
  }
}
