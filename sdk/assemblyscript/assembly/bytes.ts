// Conversion of text and bytes on their way to the host and back. Text is
// UTF-16 here and UTF-8 there.

/** Encodes a text as UTF-8. Invalid characters become U+FFFD. */
export function utf8(text: string): ArrayBuffer {
  return String.UTF8.encode(text, false, String.UTF8.ErrorMode.REPLACE);
}

// @ts-ignore: decorator
@inline
export function at(b: ArrayBuffer): usize {
  return changetype<usize>(b);
}

// @ts-ignore: decorator
@inline
export function size(b: ArrayBuffer): u32 {
  return <u32>b.byteLength;
}

/** Decodes the first n bytes of b. */
export function text(b: ArrayBuffer, n: i32): string {
  return String.UTF8.decodeUnsafe(at(b), <usize>min(n, b.byteLength));
}

/** Shortens text over limit bytes and ends it with an ellipsis. */
export function clip(b: ArrayBuffer, limit: i32): ArrayBuffer {
  if (b.byteLength <= limit) return b;
  let n = limit - 3;
  while (n > 0 && (load<u8>(at(b) + <usize>n) & 0xc0) == 0x80) n--;
  const cut = new ArrayBuffer(n + 3);
  memory.copy(at(cut), at(b), <usize>n);
  store<u8>(at(cut) + <usize>n, 0xe2);
  store<u8>(at(cut) + <usize>n + 1, 0x80);
  store<u8>(at(cut) + <usize>n + 2, 0xa6);
  return cut;
}

/** The initial size of a buffer for a call. */
export const ROOM: i32 = 256;
