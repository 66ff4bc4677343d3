/** Seconds of CPU that this process has had: unlike the clock it does not run on for a neighbour. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
