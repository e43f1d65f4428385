import { Failure, Kind } from "./failure";

/** The state of the target: Nagios plugin codes. */
export enum Status {
  HEALTHY,
  DEGRADED,
  UNHEALTHY,
  UNKNOWN,
}

/** The result of a probe. */
export class Result {
  constructor(
    public readonly status: Status,
    /** One line for the operator: what is wrong, with what, and what to do. */
    public readonly message: string,
  ) {}
}

/** The target works. */
export function healthy(message: string): Result {
  return new Result(Status.HEALTHY, message);
}

/** The target works, but not as it should. */
export function degraded(message: string): Result {
  return new Result(Status.DEGRADED, message);
}

/** The target does not work. */
export function unhealthy(message: string): Result {
  return new Result(Status.UNHEALTHY, message);
}

/** The probe could not determine the state: the target may not be at fault. */
export function unknown(message: string): Result {
  return new Result(Status.UNKNOWN, message);
}

/**
 * Turns a failed call into a result that says whose fault it is and what to do.
 * who is the target, such as "https://example.com". A denial is unknown and
 * says what to grant; a failure that only the target can have caused is
 * unhealthy; an incorrect call, one that vega could not make, a value that no run
 * has stored yet, and a failure that did not come from a call are unknown.
 */
export function failed(who: string, error: Failure): Result {
  switch (error.kind) {
    case Kind.DENIED:
      return unknown(error.text);
    case Kind.TIMEOUT:
      return unhealthy(who + " did not answer in time; it is overloaded or hung, or a firewall drops the packets (" + error.text + ")");
    case Kind.REFUSED:
      return unhealthy(who + " refuses the connection; start the service or correct the address");
    case Kind.DNS:
      return unhealthy("the name of " + who + " does not resolve; correct the name or repair its DNS (" + error.text + ")");
    case Kind.TLS:
      return unhealthy("TLS with " + who + " failed: " + error.text);
    case Kind.RESET:
      return unhealthy(who + " closed the connection in the middle of the exchange; look into its log");
    case Kind.TOO_LARGE:
      return unknown(who + " answered with more than this probe reads (" + error.text + "); correct the address, or check something that answers with less");
    case Kind.NOT_SET:
      if (error.unstored) return unknown("could not check " + who + ": " + error.text + "; no run has stored it yet, which the probe has to expect");
      return unhealthy(who + ": " + error.text);
    case Kind.TARGET:
      return unhealthy(who + ": " + error.text);
    default:
      return unknown("could not check " + who + ": " + error.text);
  }
}
