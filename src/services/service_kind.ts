/** How services of a kind are made and closed. The service itself is whatever `create` makes. */
export interface ServiceKind<Service> {
  /** Stable name in `/memory` and the log. Two kinds never share one. */
  readonly name: string;
  /** How long a service that nobody uses is kept, in milliseconds; `Infinity` keeps it until the end. */
  readonly idleMs: number;
  /**
   * Makes the service, and loads what it needs by a literal dynamic import. May acquire services of other
   * kinds, never of its own. What it throws reaches everybody who waits; the next to ask makes it try again.
   *
   * @param businessId whose service it is; undefined for one that all share
   */
  create(businessId: string | undefined): Promise<Service>;
  /** Releases what it holds, leases included. What it throws is logged, and the service counts as closed. */
  close?(service: Service): Promise<void> | void;
  /** Numbers worth showing in `/memory`, such as open connections. Must not throw. */
  measure?(service: Service): Readonly<Record<string, number>>;
}

/** A service in use, until disposed of. Disposing of it twice does nothing. */
export interface Lease<Service> extends Disposable {
  readonly service: Service;
}
