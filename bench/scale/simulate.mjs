/** Executions of a function that Lambda adds in a second. */
const perSecond = ({ lambdaScaling }) => lambdaScaling.value / 10;

/**
 * Lets batches come for some minutes of virtual time and be worked off as fast as the limits let them, second by second. Says how many
 * wait at the end, and how many executions there were at once at most.
 *
 * `load` is what one batch takes: requests by `PUT prefix` and `GET prefix`, and seconds of an execution. `arrivals(second)` says how many
 * batches come in a second.
 */
export function simulate(load, arrivals, limits, minutes) {
  const rates = Object.entries(load.requests).map(([name, count]) => {
    const { value } = name.startsWith("PUT") ? limits.s3PutPerPrefix : limits.s3GetPerPrefix;
    return { name, count, limit: value };
  });
  const ending = new Map();
  let [waiting, running, most] = [0, 0, 0];
  for (let second = 0; second < minutes * 60; second++) {
    waiting += arrivals(second);
    running -= ending.get(second) ?? 0;
    ending.delete(second);
    // What has run once is warm, and does not count for how fast they may become more.
    const free = Math.max(0, Math.min(limits.lambdaConcurrency.value, most + perSecond(limits)) - running);
    // An execution that lasts less than a second makes room for the next within it.
    const slots = free / Math.min(1, load.seconds);
    const begun = Math.min(waiting, slots, ...rates.map(({ count, limit }) => limit / count));
    waiting -= begun;
    const inFlight = begun * Math.min(1, load.seconds);
    running += inFlight;
    most = Math.max(most, running);
    const end = second + Math.max(1, Math.ceil(load.seconds));
    ending.set(end, (ending.get(end) ?? 0) + inFlight);
  }
  return { waiting: Math.round(waiting), executions: Math.ceil(most) };
}

/** What is used of each limit on average, the most first: above 1 it is a wall. */
export function usesOf(load, batchesPerSecond, limits) {
  const requests = Object.entries(load.requests).map(([name, count]) => {
    const { value } = name.startsWith("PUT") ? limits.s3PutPerPrefix : limits.s3GetPerPrefix;
    return { name: `${name} a second`, use: (count * batchesPerSecond) / value };
  });
  const executions = (batchesPerSecond * load.seconds) / limits.lambdaConcurrency.value;
  return [...requests, { name: "Lambda executions at once", use: executions }].sort((a, b) => b.use - a.use);
}
