/** Does all jobs, so many at a time; results in the order of the jobs. A job that fails ends the whole. */
export async function inParallel<T, R>(
  jobs: readonly T[],
  most: number,
  work: (job: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < jobs.length; index = next++) {
      const job = jobs[index];
      if (job !== undefined) results[index] = await work(job);
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, jobs.length) }, worker));
  return results;
}
