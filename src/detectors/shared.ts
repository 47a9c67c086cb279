/** What all series of one configuration have in common. */

/** Makes it once for each options object: a pipeline gives the same object for all of its series. */
export function sharedBy<O extends object, R>(make: (options: O) => R): (options: O) => R {
  const made = new WeakMap<O, R>();
  return (options) => {
    let one = made.get(options);
    if (one === undefined) made.set(options, (one = make(options)));
    return one;
  };
}
