/** Addresses as they stand in a configuration: what cannot be read of them is said before anything is started. */

/** What is wrong with the addresses of an option, for the `check` of a component; holds nothing of them, since they may hold secrets. */
export function addressProblem(option: string, addresses: readonly string[]): { option: string; detail: string } | undefined {
  const at = addresses.findIndex((address) => !URL.canParse(address));
  if (at < 0) return undefined;
  const which = addresses.length === 1 ? '' : `holds at place ${at + 1} what `;
  return {
    option,
    detail: `${which}is no address that can be read: check host and port, and in a name or a password write %2F for /, %40 for @, %3A for :, %23 for # and %3F for ?`,
  };
}

/** A part of an address as it was meant; one with a percent sign that begins no escape is taken as it stands. */
export function plainOf(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
