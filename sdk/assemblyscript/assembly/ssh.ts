import { raw_close, raw_ssh_connect, raw_ssh_info, raw_ssh_run } from "./abi";
import { at, size, utf8 } from "./bytes";
import { Failure, failure } from "./failure";
import { read, readAll } from "./stream";
import { answered, Bytes, room, Text } from "./text";

/** SSH: capability "ssh". */
export namespace ssh {
  /**
   * Connects to host:port. The login, the host keys and the command are in the
   * integration's ssh block: the host logs in if the server's key is one of
   * these, and the probe sees none of it.
   *
   *   const s = ssh.connect("example.com:22");
   *   const error = s.error;
   *   if (error !== null) return failed("example.com", error);
   *   if (s.unverified.text != "") return unhealthy("example.com: " + s.unverified.text);
   *   const ran = s.run();
   *   if (ran !== null) return failed("example.com", ran);
   *   const output = s.text(4096);
   */
  export function connect(address: string): Ssh {
    const a = utf8(address);
    return new Ssh(raw_ssh_connect(at(a), size(a)));
  }
}

/** A connection to an SSH server, or an error. */
export class Ssh {
  public readonly error: Failure | null;
  /** The exit status of the command, once it has run. */
  public status: i32 = 0;

  constructor(private handle: i32) {
    this.error = failure(handle);
  }

  private fact(what: i32): string {
    return this.info(what).text;
  }

  private info(what: i32): Text {
    let buf = room(0);
    let n = raw_ssh_info(this.handle, what, at(buf), size(buf));
    if (n > buf.byteLength) {
      buf = room(n);
      n = raw_ssh_info(this.handle, what, at(buf), size(buf));
    }
    return answered(buf, n);
  }

  /** Returns how the server identifies itself, such as "SSH-2.0-OpenSSH_9.2". */
  get version(): string {
    return this.fact(0);
  }

  /** Returns the type of the host key, such as "ssh-ed25519". */
  get keyType(): string {
    return this.fact(1);
  }

  /** Returns the fingerprint of the host key, such as "SHA256:…". */
  get fingerprint(): string {
    return this.fact(2);
  }

  /** Returns "" if the host key is one that the operator wrote, or the reason why not; NOT_SET if the operator wrote none. */
  get unverified(): Text {
    return this.info(3);
  }

  /** Returns "" if the host has logged in, or the reason why not; NOT_SET if the operator configured no login. */
  get loggedOut(): Text {
    return this.info(4);
  }

  /** Returns the text that the server shows before a login. */
  get banner(): string {
    return this.fact(5);
  }

  /** Runs the operator's command. Its exit status is in status. */
  run(): Failure | null {
    const n = raw_ssh_run(this.handle);
    this.status = max(n, 0);
    return failure(n);
  }

  /** Returns what the command printed, or its first limit bytes. */
  text(limit: i32): Text {
    return readAll(this.handle, limit);
  }

  /** Reads some of what the command printed, up to the given number of bytes; returns none at the end. */
  read(most: i32): Bytes {
    return read(this.handle, most);
  }

  /** Returns what the command wrote to standard error. */
  get stderr(): string {
    return this.fact(6);
  }

  /** Closes the connection before the run ends. A run may have 16 handles. */
  close(): void {
    raw_close(this.handle);
  }
}
