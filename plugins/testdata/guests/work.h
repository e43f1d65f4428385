// The pieces of work that need neither a library nor an allocator. Every guest
// computes the same, whatever it is written in.
#include <stddef.h>
#include <stdint.h>

#define OFFSET 0xcbf29ce484222325u

// byte adds one byte to an FNV-1a hash, and mix eight, the lowest first.
static uint64_t byte(uint64_t h, uint8_t b) { return (h ^ b) * 0x100000001b3u; }

static uint64_t mix(uint64_t h, uint64_t v) {
	for (int i = 0; i < 64; i += 8) h = byte(h, (uint8_t)(v >> i));
	return h;
}

static uint64_t bytes(const uint8_t *p, size_t n) {
	uint64_t h = OFFSET;
	for (size_t i = 0; i < n; i++) h = byte(h, p[i]);
	return h;
}

// random is xorshift64.
typedef struct { uint64_t x; } source;

#define SEED ((source){88172645463325252u})

static uint64_t random64(source *s) {
	s->x ^= s->x << 13;
	s->x ^= s->x >> 7;
	s->x ^= s->x << 17;
	return s->x;
}

__attribute__((noinline)) static uint64_t fib(uint64_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

__attribute__((noinline)) static uint64_t ackermann(uint64_t m, uint64_t n) {
	if (m == 0) return n + 1;
	if (n == 0) return ackermann(m - 1, 1);
	return ackermann(m - 1, ackermann(m, n - 1));
}

static uint64_t recursion(void) { return mix(mix(OFFSET, fib(16)), ackermann(2, 9)); }

static double sum(void) {
	double s = 0;
	for (int i = 1; i <= 1000; i++) s += i / (i * (double)i + 0.5);
	return s;
}

static uint64_t floats(void) {
	double s = sum();
	float f = (float)s * 1.5f;
	uint64_t wide;
	uint32_t narrow;
	__builtin_memcpy(&wide, &s, sizeof wide);
	__builtin_memcpy(&narrow, &f, sizeof narrow);
	return mix(mix(mix(OFFSET, wide), narrow), (uint64_t)(int64_t)__builtin_floor(-s * 1e6));
}

static uint64_t dispatch(void) {
	source s = SEED;
	uint64_t a = 1;
	for (int i = 0; i < 500; i++) {
		uint64_t r = random64(&s);
		switch (r & 7) {
		case 0: a += r; break;
		case 1: a -= r >> 3; break;
		case 2: a *= r | 1; break;
		case 3: a ^= r; break;
		case 4: a = a << 5 | a >> 59; break;
		case 5: a = ~a; break;
		case 6: a = mix(a, r); break;
		case 7: a >>= 1; break;
		}
	}
	return a;
}

static uint64_t wide(void) {
	source s = SEED;
	uint64_t h = 0;
	for (int i = 0; i < 200; i++) {
		uint64_t a = random64(&s), b = random64(&s) >> (a & 31) | 1;
		unsigned n = a & 63;
		h ^= a / b + a % b;
		h = h << n | h >> (-n & 63);
		h += (uint64_t)__builtin_clzll(a | 1) + (uint64_t)__builtin_ctzll(a | 1ull << 63) + (uint64_t)__builtin_popcountll(b);
		h ^= (uint64_t)((int64_t)a >> 7);
	}
	return h;
}

static uint64_t add(uint64_t a, uint64_t b) { return a + b; }
static uint64_t subtract(uint64_t a, uint64_t b) { return a - b; }
static uint64_t multiply(uint64_t a, uint64_t b) { return a * b; }
static uint64_t both(uint64_t a, uint64_t b) { return a ^ b; }

static uint64_t indirect(void) {
	uint64_t (*const operations[])(uint64_t, uint64_t) = {add, subtract, multiply, both};
	source s = SEED;
	uint64_t a = 1;
	for (int i = 0; i < 300; i++) {
		uint64_t r = random64(&s);
		a = operations[r & 3](a, r);
	}
	return a;
}

// bulk works on 8,192 bytes.
static uint64_t bulk(uint8_t *p) {
	source s = SEED;
	__builtin_memset(p, 0, 8192);
	__builtin_memset(p, 0xa5, 4000 + (random64(&s) & 63));
	for (int i = 0; i < 64; i++) p[i] = (uint8_t)random64(&s);
	__builtin_memmove(p + 1000, p, 4000 + (random64(&s) & 63));
	return bytes(p, 8192);
}

// grown works on fresh memory.
enum { GROWN = 200000 };

static uint64_t grown(uint8_t *p) {
	for (uint32_t i = 0; i < GROWN; i++) p[i] = (uint8_t)(i * 31 + (i >> 8));
	return bytes(p, GROWN);
}

enum { SORTED = 2000 };

static void shuffled(uint32_t *p) {
	source s = SEED;
	for (int i = 0; i < SORTED; i++) p[i] = (uint32_t)random64(&s);
}

static uint64_t values(const uint32_t *p) {
	uint64_t h = OFFSET;
	for (int i = 0; i < SORTED; i++) h = mix(h, p[i]);
	return h;
}
