// The xn-- form of international domain names: RFC 3492 (Punycode), after the
// lower-casing of the scripts in which domains are registered.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LABEL = 64 }; // maximum number of characters in a label, and one more

// lower_case returns the lower-case form of a Latin, Greek, Cyrillic or Armenian
// letter.
static uint32_t lower_case(uint32_t c) {
	if ((c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7) || (c >= 0x391 && c <= 0x3AB) || (c >= 0x410 && c <= 0x42F)) return c + 32;
	if (c >= 0x400 && c <= 0x40F) return c + 80;
	if (c >= 0x531 && c <= 0x556) return c + 48;
	if (c == 0x178) return 0xFF;
	bool odd = (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E); // an upper-case letter has an odd number
	if (odd || (c >= 0x100 && c <= 0x137 && c != 0x130) || (c >= 0x14A && c <= 0x177)) return (c & 1) == (uint32_t)odd ? c + 1 : c;
	return c;
}

// next_character decodes a character of UTF-8. The host passes only valid text.
static uint32_t next_character(const char **text) {
	const uint8_t *at = (const uint8_t *)*text;
	int more = at[0] < 0xC0 ? 0 : at[0] < 0xE0 ? 1 : at[0] < 0xF0 ? 2 : 3;
	uint32_t c = more == 0 ? at[0] : at[0] & (0x3Fu >> more);
	for (int i = 1; i <= more; i++) c = c << 6 | (at[i] & 0x3F);
	*text += more + 1;
	return c;
}

// adapt is the function of RFC 3492, section 6.1.
static uint32_t adapt(uint32_t delta, uint32_t count, bool first) {
	uint32_t k = 0;
	delta = first ? delta / 700 : delta / 2;
	for (delta += delta / count; delta > 455; k += 36) delta /= 35;
	return k + 36 * delta / (delta + 38);
}

static char digit(uint32_t n) { return (char)(n < 26 ? 'a' + n : '0' + n - 26); }

// punycode writes a label in its xn-- form, and returns the number of bytes.
static size_t punycode(const uint32_t *label, uint32_t len, char *out) {
	size_t at = 0;
	out[at++] = 'x', out[at++] = 'n', out[at++] = '-', out[at++] = '-';
	uint32_t basic = 0;
	for (uint32_t i = 0; i < len; i++) {
		if (label[i] < 0x80) out[at++] = (char)label[i], basic++;
	}
	if (basic > 0) out[at++] = '-';
	uint32_t n = 0x80, delta = 0, bias = 72;
	for (uint32_t done = basic; done < len; delta++, n++) {
		uint32_t least = UINT32_MAX;
		for (uint32_t i = 0; i < len; i++) {
			if (label[i] >= n && label[i] < least) least = label[i];
		}
		delta += (least - n) * (done + 1);
		n = least;
		for (uint32_t i = 0; i < len; i++) {
			if (label[i] < n) delta++;
			if (label[i] != n) continue;
			uint32_t q = delta;
			for (uint32_t k = 36;; k += 36) {
				uint32_t t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
				if (q < t) break;
				out[at++] = digit(t + (q - t) % (36 - t));
				q = (q - t) / (36 - t);
			}
			out[at++] = digit(q);
			bias = adapt(delta, done + 1, done == basic);
			delta = 0;
			done++;
		}
	}
	return at;
}

// to_ascii writes a domain name in lower case, with international labels in
// their xn-- form. It returns false if a label or the name is too long.
static bool to_ascii(const char *name, char *out, size_t cap) {
	size_t at = 0;
	while (*name != 0) {
		uint32_t label[LABEL], len = 0;
		bool international = false;
		uint32_t c = 0;
		while (*name != 0 && (c = next_character(&name)) != '.' && c != 0x3002) {
			if (len == LABEL - 1) return false;
			label[len++] = c = lower_case(c);
			international = international || c >= 0x80;
		}
		if (at + 8 * LABEL >= cap) return false;
		if (international) {
			at += punycode(label, len, out + at);
		} else {
			for (uint32_t i = 0; i < len; i++) out[at++] = (char)label[i];
		}
		if (c == '.' || c == 0x3002) out[at++] = '.';
	}
	out[at] = 0;
	return true;
}
