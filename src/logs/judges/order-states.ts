/** What is known of the orders of sessions, written column by column: names first, which only grow at the end. */
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import type { Way, Ways } from './order.ts';

export function writeWays(writer: SnapshotWriter, ways: ReadonlyMap<number, Ways>): void {
  const all = [...ways.values()];
  const orders = all.map((one) => [...(one.orders ?? [])]);
  const flat = orders.flat();
  writer.f64s(Float64Array.from(ways.keys()));
  writer.u32s(Uint32Array.from(orders, (one) => one.length));
  writer.f64s(Float64Array.from(flat, ([name]) => name));
  writer.f64s(Float64Array.from(flat, ([, way]) => way.only));
  writer.f64s(Float64Array.from(flat, ([, way]) => way.sessions));
  writer.f64s(Float64Array.from(all, ({ sessions }) => sessions));
  writer.f64s(Float64Array.from(all, ({ fresh, orders: kept }) => (kept === undefined ? -1 - fresh : fresh)));
  writer.f64s(Float64Array.from(all, ({ usualHash }) => usualHash));
  writer.u32s(Uint32Array.from(all, ({ usual }) => usual.length));
  writer.u32s(Uint32Array.from(all.flatMap(({ usual }) => [...usual])));
}

export function readWays(reader: SnapshotReader, into: Map<number, Ways>): void {
  const names = reader.f64s();
  const lengths = reader.u32s();
  const [orderNames, onlies, orderSessions] = [reader.f64s(), reader.f64s(), reader.f64s()];
  const [sessions, fresh, usualHashes] = [reader.f64s(), reader.f64s(), reader.f64s()];
  const usualLengths = reader.u32s();
  const usual = reader.u32s();
  let at = 0;
  let usualAt = 0;
  names.forEach((name, i) => {
    const orders = new Map<number, Way>();
    for (const end = at + lengths[i]; at < end; at++) orders.set(orderNames[at], { sessions: orderSessions[at], only: onlies[at] });
    into.set(name, {
      sessions: sessions[i],
      fresh: fresh[i] < 0 ? -1 - fresh[i] : fresh[i],
      orders: fresh[i] < 0 ? undefined : orders,
      usual: usual.slice(usualAt, (usualAt += usualLengths[i])),
      usualHash: usualHashes[i],
    });
  });
}
