/** A longer copy of a column; what is new is 0. */
export function grown<T extends Float64Array | Uint32Array | Uint8Array>(column: T, length: number): T {
  const longer = new (column.constructor as new (length: number) => T)(length);
  longer.set(column);
  return longer;
}
