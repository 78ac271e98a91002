/** Do the work; where it fails, report why, and fail with it. */
export async function reportFailure<T>(
  work: () => Promise<T>,
  report: (why: string) => Promise<void>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await report(error instanceof Error ? error.message : String(error));
    throw error;
  }
}
