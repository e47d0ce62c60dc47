import type { FastifyBaseLogger } from 'fastify';

type Bindings = Parameters<FastifyBaseLogger['child']>[0];
type ChildOptions = Parameters<FastifyBaseLogger['child']>[1];

/** The logger of one request: its id is bound when the first line is written, and most requests write none. */
class RequestLogger implements FastifyBaseLogger {
  readonly #parent: FastifyBaseLogger;
  readonly #bindings: Bindings;
  readonly #options: ChildOptions;
  #bound: FastifyBaseLogger | undefined;

  constructor(parent: FastifyBaseLogger, bindings: Bindings, options: ChildOptions) {
    this.#parent = parent;
    this.#bindings = bindings;
    this.#options = options;
  }

  #bind(): FastifyBaseLogger {
    this.#bound ??= this.#parent.child(this.#bindings, this.#options);
    return this.#bound;
  }

  get level(): string {
    return (this.#bound ?? this.#parent).level;
  }

  set level(level: string) {
    this.#bind().level = level;
  }

  child(bindings: Bindings, options?: ChildOptions): FastifyBaseLogger {
    return this.#bind().child(bindings, options);
  }

  trace(...line: unknown[]): void {
    Reflect.apply(this.#bind().trace, this.#bound, line);
  }

  debug(...line: unknown[]): void {
    Reflect.apply(this.#bind().debug, this.#bound, line);
  }

  info(...line: unknown[]): void {
    Reflect.apply(this.#bind().info, this.#bound, line);
  }

  warn(...line: unknown[]): void {
    Reflect.apply(this.#bind().warn, this.#bound, line);
  }

  error(...line: unknown[]): void {
    Reflect.apply(this.#bind().error, this.#bound, line);
  }

  fatal(...line: unknown[]): void {
    Reflect.apply(this.#bind().fatal, this.#bound, line);
  }

  silent(): void {}
}

/** Fastify's `childLoggerFactory`. @see https://fastify.dev/docs/latest/Reference/Server/#childloggerfactory */
export const createRequestLogger = (
  parent: FastifyBaseLogger,
  bindings: Bindings,
  options: ChildOptions,
): FastifyBaseLogger => new RequestLogger(parent, bindings, options);
