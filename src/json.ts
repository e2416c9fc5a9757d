/** The fields of a JSON object that anybody may have written; none where the text is no such object. */
export function parseObject(json: string): Record<string, unknown> {
  try {
    return { ...(JSON.parse(json) as object | null) } as Record<string, unknown>;
  } catch {
    return {};
  }
}
