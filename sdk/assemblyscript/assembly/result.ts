import { Failure, Kind } from "./failure";

/** How the target is: the codes of Nagios plugins. */
export enum Status {
  HEALTHY,
  DEGRADED,
  UNHEALTHY,
  UNKNOWN,
}

/** What a probe comes to. */
export class Result {
  constructor(
    public readonly status: Status,
    /** One line for a person: what is wrong, with what, and what to do. */
    public readonly message: string,
  ) {}
}

/** It does its job. */
export function healthy(message: string): Result {
  return new Result(Status.HEALTHY, message);
}

/** It works, but not as it should. */
export function degraded(message: string): Result {
  return new Result(Status.DEGRADED, message);
}

/** It does not do its job. */
export function unhealthy(message: string): Result {
  return new Result(Status.UNHEALTHY, message);
}

/** The probe could not tell: the fault is not known to be the target's. */
export function unknown(message: string): Result {
  return new Result(Status.UNKNOWN, message);
}

/**
 * Turns a call that failed into a result: whose fault it is, and what to do. who
 * is the target, such as "https://example.com". A denial is unknown and says
 * what to grant; what the target or the way to it is to blame for is unhealthy;
 * a call that was made wrongly is unknown.
 */
export function failed(who: string, error: Failure): Result {
  switch (error.kind) {
    case Kind.DENIED:
      return unknown(error.text);
    case Kind.TIMEOUT:
      return unhealthy(who + " did not answer in time; it is overloaded or hung, or a firewall drops the packets");
    case Kind.REFUSED:
      return unhealthy(who + " refuses the connection; start the service or correct the address");
    case Kind.DNS:
      return unhealthy("the name of " + who + " does not resolve; correct the name or repair its DNS (" + error.text + ")");
    case Kind.TLS:
      return unhealthy("TLS with " + who + " failed; repair its certificate or its TLS settings (" + error.text + ")");
    case Kind.RESET:
      return unhealthy(who + " closed the connection in the middle of the exchange; look into its log");
    case Kind.TOO_LARGE:
      return unknown("the answer of " + who + " is over the size limit; check a smaller page (" + error.text + ")");
    case Kind.INVALID:
    case Kind.QUOTA:
    case Kind.CLOSED:
      return unknown("the check of " + who + " could not be made: " + error.text);
    default:
      return unhealthy(who + ": " + error.text);
  }
}
