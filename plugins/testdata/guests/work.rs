// The pieces of work that need neither a library nor an allocator. Every guest
// computes the same, whatever it is written in.

const OFFSET: u64 = 0xcbf29ce484222325;

/// Adds one byte to an FNV-1a hash.
fn byte(h: u64, b: u8) -> u64 {
    (h ^ b as u64).wrapping_mul(0x100000001b3)
}

pub fn mix(h: u64, v: u64) -> u64 {
    v.to_le_bytes().iter().fold(h, |h, b| byte(h, *b))
}

pub fn bytes(p: &[u8]) -> u64 {
    p.iter().fold(OFFSET, |h, b| byte(h, *b))
}

/// xorshift64.
struct Source(u64);

const SEED: Source = Source(88172645463325252);

impl Source {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

#[inline(never)]
fn fib(n: u64) -> u64 {
    if n < 2 { n } else { fib(n - 1) + fib(n - 2) }
}

#[inline(never)]
fn ackermann(m: u64, n: u64) -> u64 {
    match (m, n) {
        (0, n) => n + 1,
        (m, 0) => ackermann(m - 1, 1),
        (m, n) => ackermann(m - 1, ackermann(m, n - 1)),
    }
}

pub fn recursion() -> u64 {
    mix(mix(OFFSET, fib(16)), ackermann(2, 9))
}

pub fn sum() -> f64 {
    (1..=1000).map(f64::from).map(|i| i / (i * i + 0.5)).sum()
}

pub fn floats() -> u64 {
    let s = sum();
    let f = s as f32 * 1.5;
    let negative = -s * 1e6;
    let floor = negative as i64 - 1; // it is no whole number
    mix(mix(mix(OFFSET, s.to_bits()), f.to_bits() as u64), floor as u64)
}

pub fn dispatch() -> u64 {
    let (mut s, mut a) = (SEED, 1u64);
    for _ in 0..500 {
        let r = s.next();
        match r & 7 {
            0 => a = a.wrapping_add(r),
            1 => a = a.wrapping_sub(r >> 3),
            2 => a = a.wrapping_mul(r | 1),
            3 => a ^= r,
            4 => a = a.rotate_left(5),
            5 => a = !a,
            6 => a = mix(a, r),
            _ => a >>= 1,
        }
    }
    a
}

pub fn wide() -> u64 {
    let (mut s, mut h) = (SEED, 0u64);
    for _ in 0..200 {
        let a = s.next();
        let b = s.next() >> (a & 31) | 1;
        h ^= (a / b).wrapping_add(a % b);
        h = h.rotate_left((a & 63) as u32);
        h = h.wrapping_add(((a | 1).leading_zeros() + (a | 1 << 63).trailing_zeros() + b.count_ones()) as u64);
        h ^= (a as i64 >> 7) as u64;
    }
    h
}

pub fn indirect() -> u64 {
    let operations: [fn(u64, u64) -> u64; 4] = [u64::wrapping_add, u64::wrapping_sub, u64::wrapping_mul, |a, b| a ^ b];
    let (mut s, mut a) = (SEED, 1u64);
    for _ in 0..300 {
        let r = s.next();
        a = operations[(r & 3) as usize](a, r);
    }
    a
}

/// Works on 8,192 bytes.
pub fn bulk(p: &mut [u8]) -> u64 {
    let mut s = SEED;
    p.fill(0);
    p[..4000 + (s.next() & 63) as usize].fill(0xa5);
    p[..64].fill_with(|| s.next() as u8);
    p.copy_within(..4000 + (s.next() & 63) as usize, 1000);
    bytes(p)
}

pub const GROWN: usize = 200_000;

/// Works on fresh memory.
pub fn grown(p: &mut [u8]) -> u64 {
    for (i, b) in p.iter_mut().enumerate() {
        *b = (i as u32).wrapping_mul(31).wrapping_add(i as u32 >> 8) as u8;
    }
    bytes(p)
}

pub const SORTED: usize = 2000;

pub fn shuffle(p: &mut [u32]) {
    let mut s = SEED;
    p.fill_with(|| s.next() as u32);
}

pub fn values(p: &[u32]) -> u64 {
    p.iter().fold(OFFSET, |h, v| mix(h, *v as u64))
}
