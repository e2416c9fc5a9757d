/** Takes `OPTION VALUE` from the start of the runner's arguments; undefined if they begin with something else. */
export function takeOption(args: string[], option: string): string | undefined {
  return args[0] === option && args.length > 1 ? args.splice(0, 2)[1] : undefined;
}
