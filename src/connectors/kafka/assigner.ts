/**
 * Who reads which partitions: each member of a group says which ones it must have, and gets all of them or none. The first
 * that came keeps what it has; a later one that names one of those is told who has it.
 */

/** What a member says of itself; travels in the user data of its subscription. */
export interface Claim {
  pipeline: string;
  topic: string;
  /** Same for all runs over one data folder. */
  instance: string;
  /** Wall clock when this run joined first, ms. */
  since: number;
  partitions: readonly number[];
  /** Name of the machine, and process id. */
  host: string;
  pid: number;
}

export interface Member {
  id: string;
  claim: Claim;
}

/** What a member gets: its partitions, or the member that has some of them. */
export type Share = { partitions: readonly number[] } | { takenBy: Member };

/** Protocol name by which a group tells members of this kind from others. */
export const PROTOCOL = 'homeostat';

/** The share of each member, by its id; the same whichever member works it out. */
export function assign(members: readonly Member[]): Map<string, Share> {
  const inOrder = [...members].sort((a, b) => a.claim.since - b.claim.since || (a.id < b.id ? -1 : 1));
  const owners = new Map<string, Member>();
  const placeOf = ({ claim }: Member, partition: number): string => `${claim.topic} ${partition}`;
  const shares = new Map<string, Share>();
  for (const member of inOrder) {
    const takenBy = member.claim.partitions.map((partition) => owners.get(placeOf(member, partition))).find((owner) => owner !== undefined);
    if (takenBy !== undefined) {
      shares.set(member.id, { takenBy });
      continue;
    }
    for (const partition of member.claim.partitions) owners.set(placeOf(member, partition), member);
    shares.set(member.id, { partitions: member.claim.partitions });
  }
  return shares;
}

export function encodeClaim(claim: Claim): Buffer {
  return Buffer.from(JSON.stringify({ homeostat: 1, ...claim }));
}

/** Undefined for a member of another kind. */
export function decodeClaim(data: Uint8Array | null | undefined): Claim | undefined {
  try {
    const said = JSON.parse(Buffer.from(data ?? []).toString()) as Claim & { homeostat: number };
    return said.homeostat === 1 && Array.isArray(said.partitions) ? said : undefined;
  } catch {
    return undefined;
  }
}

/** A member in words: who has the partitions, and where. */
export function nameOf({ claim }: Member): string {
  const { partitions, pipeline, host, pid, since } = claim;
  const which = partitions.length === 1 ? `partition ${partitions[0]}` : `partitions ${rangesOf(partitions)}`;
  return `pipeline "${pipeline}", process ${pid} on ${host}, since ${new Date(since).toISOString()}, with ${which}`;
}

/** `0-3, 7` for 0, 1, 2, 3, 7. */
export function rangesOf(numbers: readonly number[]): string {
  const sorted = [...numbers].sort((a, b) => a - b);
  const ranges: string[] = [];
  for (let i = 0; i < sorted.length;) {
    let j = i;
    while (sorted[j + 1] === sorted[j] + 1) j++;
    ranges.push(i === j ? String(sorted[i]) : `${sorted[i]}-${sorted[j]}`);
    i = j + 1;
  }
  return ranges.join(', ');
}
