/** Parses untrusted JSON; returns an empty object unless it is an object. */
export function parseObject(json: string): Record<string, unknown> {
  try {
    return { ...(JSON.parse(json) as object | null) } as Record<string, unknown>;
  } catch {
    return {};
  }
}
