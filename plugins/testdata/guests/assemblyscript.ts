// A guest in AssemblyScript: its strings, arrays and allocator.

// @ts-ignore: decorators are AssemblyScript's
@external("vega_v1", "config") declare function config(key: usize, keyLen: i32, buf: usize, cap: i32): i32;
// @ts-ignore
@external("vega_v1", "message") declare function message(text: usize, len: i32): void;
// @ts-ignore
@external("vega_v1", "detail") declare function detail(key: usize, keyLen: i32, value: usize, valueLen: i32): void;
// @ts-ignore
@external("vega_v1", "metric") declare function metric(name: usize, len: i32, value: f64, unit: usize, unitLen: i32): void;
// @ts-ignore
@external("vega_v1", "log") declare function log(level: i32, text: usize, len: i32): void;
// @ts-ignore
@external("vega_v1", "deadline") declare function deadline(): i64;
// @ts-ignore
@external("vega_v1", "now") declare function now(): i64;
// @ts-ignore
@external("vega_v1", "error") declare function error(buf: usize, cap: i32): i32;
// @ts-ignore
@external("vega_v1", "match") declare function matches(re: usize, reLen: i32, text: usize, textLen: i32): i32;

const HEALTHY = 0, DEGRADED = 1, UNKNOWN = 3;

function at(b: ArrayBuffer): usize { return changetype<usize>(b); }

function say(text: string): void {
  const t = String.UTF8.encode(text);
  message(at(t), t.byteLength);
}

function evidence(key: string, value: string): void {
  const k = String.UTF8.encode(key), v = String.UTF8.encode(value);
  detail(at(k), k.byteLength, at(v), v.byteLength);
}

// The work: every guest computes the same, whatever it is written in.

const OFFSET: u64 = 0xcbf29ce484222325, SEED: u64 = 88172645463325252, GROWN = 200000;

// byte adds one byte to an FNV-1a hash.
function byte(h: u64, b: u8): u64 { return (h ^ b) * 0x100000001b3; }

function mix(h: u64, v: u64): u64 {
  for (let i: u64 = 0; i < 64; i += 8) h = byte(h, <u8>(v >> i));
  return h;
}

function bytes(p: StaticArray<u8>): u64 {
  let h = OFFSET;
  for (let i = 0; i < p.length; i++) h = byte(h, p[i]);
  return h;
}

let state: u64 = SEED; // of xorshift64

function random(): u64 {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

function fib(n: u64): u64 { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

function ackermann(m: u64, n: u64): u64 {
  if (m == 0) return n + 1;
  if (n == 0) return ackermann(m - 1, 1);
  return ackermann(m - 1, ackermann(m, n - 1));
}

function sort(): u64 {
  const p = new StaticArray<u32>(2000);
  for (let i = 0; i < p.length; i++) p[i] = <u32>random();
  p.sort((a, b) => i32(a > b) - i32(a < b));
  let h = OFFSET;
  for (let i = 0; i < p.length; i++) h = mix(h, p[i]);
  return h;
}

function recursion(): u64 { return mix(mix(OFFSET, fib(16)), ackermann(2, 9)); }

function sum(): f64 {
  let s: f64 = 0;
  for (let i: f64 = 1; i <= 1000; i++) s += i / (i * i + 0.5);
  return s;
}

function floats(): u64 {
  const s = sum();
  const f = <f32>s * <f32>1.5;
  return mix(mix(mix(OFFSET, reinterpret<u64>(s)), reinterpret<u32>(f)), <u64><i64>Math.floor(-s * 1e6));
}

function bulk(): u64 {
  const p = new StaticArray<u8>(8192);
  const at = changetype<usize>(p);
  memory.fill(at, 0xa5, <usize>(4000 + (random() & 63)));
  for (let i = 0; i < 64; i++) p[i] = <u8>random();
  memory.copy(at + 1000, at, <usize>(4000 + (random() & 63)));
  return bytes(p);
}

function dispatch(): u64 {
  let a: u64 = 1;
  for (let i = 0; i < 500; i++) {
    const r = random();
    switch (<i32>(r & 7)) {
      case 0: a += r; break;
      case 1: a -= r >> 3; break;
      case 2: a *= r | 1; break;
      case 3: a ^= r; break;
      case 4: a = rotl(a, 5); break;
      case 5: a = ~a; break;
      case 6: a = mix(a, r); break;
      default: a >>= 1;
    }
  }
  return a;
}

function wide(): u64 {
  let h: u64 = 0;
  for (let i = 0; i < 200; i++) {
    const a = random(), b = random() >> (a & 31) | 1;
    h ^= a / b + a % b;
    h = rotl(h, a & 63);
    h += clz(a | 1) + ctz(a | (<u64>1 << 63)) + popcnt(b);
    h ^= <u64>(<i64>a >> 7);
  }
  return h;
}

const operations: StaticArray<(a: u64, b: u64) => u64> = [
  (a: u64, b: u64): u64 => a + b, (a: u64, b: u64): u64 => a - b, (a: u64, b: u64): u64 => a * b, (a: u64, b: u64): u64 => a ^ b,
];

function indirect(): u64 {
  let a: u64 = 1;
  for (let i = 0; i < 300; i++) {
    const r = random();
    a = operations[<i32>(r & 3)](a, r);
  }
  return a;
}

function grown(): u64 {
  const p = new StaticArray<u8>(GROWN);
  for (let i = 0; i < GROWN; i++) p[i] = <u8>(i * 31 + (i >> 8));
  return bytes(p);
}

let total: u64 = 0;

function hex(v: u64): string {
  let out = "";
  for (let i: u64 = 64; i > 0; i -= 4) out += "0123456789abcdef".charAt(<i32>(v >> (i - 4) & 15));
  return out;
}

function piece(name: string, compute: () => u64): void {
  state = SEED;
  const v = compute();
  evidence(name, hex(v));
  total ^= v;
}

function runWork(): i32 {
  piece("sort", sort);
  piece("recursion", recursion);
  piece("floats", floats);
  piece("bulk", bulk);
  piece("dispatch", dispatch);
  piece("wide", wide);
  piece("indirect", indirect);
  piece("grown", grown);
  say("worked: " + hex(total));
  const name = String.UTF8.encode("sum"), unit = String.UTF8.encode("1");
  metric(at(name), 3, sum(), at(unit), 1);
  return HEALTHY;
}

function runCalls(): i32 {
  const key = String.UTF8.encode("name");
  const len = config(at(key), key.byteLength, 0, 0);
  let name = "nobody";
  if (len >= 0) {
    const value = new ArrayBuffer(len);
    config(at(key), key.byteLength, at(value), len);
    name = String.UTF8.decode(value);
  }
  evidence("name", name);
  const text = String.UTF8.encode(name), letters = String.UTF8.encode("^[a-z]+$"), broken = String.UTF8.encode("(");
  if (matches(at(letters), letters.byteLength, at(text), text.byteLength) == 1) evidence("letters", "all");
  const why = new ArrayBuffer(256);
  if (matches(at(broken), 1, at(text), text.byteLength) == -9 && error(at(why), 256) > 0) evidence("pattern", "refused");
  if (now() > 0 && deadline() > 0) evidence("clock", "runs");
  const called = String.UTF8.encode("called");
  log(1, at(called), called.byteLength);
  say("hello, " + name.substr(0, 25));
  return len >= 0 ? HEALTHY : DEGRADED;
}

export function vega_run(probe: i32): i32 {
  switch (probe) {
    case 0: say("ok"); return HEALTHY;
    case 1: return runWork();
    case 2: return runCalls();
    default: return UNKNOWN;
  }
}
