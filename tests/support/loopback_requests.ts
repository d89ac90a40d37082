import { GuardedRequests } from "../../src/egress/guarded_requests.ts";

/** What may reach the endpoints of tests, which are all on this machine. */
export const LOOPBACK_REQUESTS = new GuardedRequests({ privateHosts: ["127.0.0.1"] });
