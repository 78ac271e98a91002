import type { Logger } from 'pino';

/**
 * The same port, logging each call's name, node, time and outcome at debug level. Arguments are not logged, but for the node's
 * name: they may be statements, and a log is no place for what users keep in them.
 */
export function traced<T extends object>(port: T, name: string, logger: Logger): T {
  if (!logger.isLevelEnabled('debug')) return port;
  return new Proxy(port, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        const started = performance.now();
        const answer: unknown = member.apply(target, args);
        const about = { port: name, call: String(key), node: nodeName(args[0]) };
        const log = (outcome: string) =>
          logger.debug({ ...about, outcome, ms: Math.round(performance.now() - started) });
        if (!(answer instanceof Promise)) return answer;
        return answer.then(
          (value: unknown) => {
            log('ok');
            return isSession(value) ? traced(value, 'cql session', logger) : value;
          },
          (error: unknown) => {
            log(error instanceof Error ? error.message : 'failed');
            throw error;
          },
        );
      };
    },
  });
}

function nodeName(first: unknown): string | undefined {
  return typeof first === 'object' && first !== null && 'name' in first ? String(first.name) : undefined;
}

function isSession(value: unknown): value is object {
  return typeof value === 'object' && value !== null && 'describeSchema' in value;
}
