/** Tell why the work failed, and fail with it. */
export async function orTell<T>(work: () => Promise<T>, tell: (why: string) => Promise<void>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await tell(error instanceof Error ? error.message : String(error));
    throw error;
  }
}
