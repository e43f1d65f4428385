//! Packets of MQTT 3.1, 3.1.1 and 5, chapters 2 and 3 of their specifications.

use vega::{net, unhealthy, Error, Outcome, Text};

/// The kinds of packets that the probe expects.
pub const CONNACK: u8 = 2;
pub const PUBLISH: u8 = 3;
pub const SUBACK: u8 = 9;
pub const DISCONNECT: u8 = 14;

const ROOM: usize = 16 << 10; // of one packet that is sent

/// A packet under construction.
pub struct Packet {
    first: u8,
    body: [u8; ROOM],
    len: usize,
}

impl Packet {
    pub fn new(first: u8) -> Packet {
        Packet { first, body: [0; ROOM], len: 0 }
    }

    /// Adds bytes. All of them come from options of bounded length.
    pub fn bytes(&mut self, more: &[u8]) -> &mut Packet {
        self.body[self.len..self.len + more.len()].copy_from_slice(more);
        self.len += more.len();
        self
    }

    pub fn text(&mut self, text: &str) -> &mut Packet {
        self.bytes(&(text.len() as u16).to_be_bytes()).bytes(text.as_bytes())
    }
}

/// The broker at the other end of the connection.
pub struct Broker<'a> {
    pub conn: net::Conn,
    pub who: &'a str,
    pub level: u8, // the version: 3 for 3.1, 4 for 3.1.1, 5
    left: usize,   // unread bytes of the packet
}

/// The beginning of a packet: its kind, or 0 if the broker closed the
/// connection, and its flags.
pub struct Head {
    pub kind: u8,
    pub flags: u8,
}

const CLOSED: Head = Head { kind: 0, flags: 0 };

impl<'a> Broker<'a> {
    pub fn new(conn: net::Conn, who: &'a str, level: u8) -> Broker<'a> {
        Broker { conn, who, level, left: 0 }
    }

    /// Reports whether packets have properties, which MQTT 5 introduced.
    pub fn five(&self) -> bool {
        self.level == 5
    }

    /// Returns the name of the version.
    pub fn version(&self) -> &'static str {
        match self.level {
            3 => "3.1",
            4 => "3.1.1",
            _ => "5",
        }
    }

    /// Sends a packet in one write, as a secret in it requires.
    pub fn send(&mut self, packet: &Packet) -> Result<(), Error> {
        let mut all = [0; ROOM + 4];
        all[0] = packet.first;
        let (mut at, mut n) = (1, packet.len);
        loop {
            all[at] = (n % 128) as u8 | if n > 127 { 128 } else { 0 };
            (at, n) = (at + 1, n / 128);
            if n == 0 {
                break;
            }
        }
        all[at..at + packet.len].copy_from_slice(&packet.body[..packet.len]);
        self.conn.write_all(&all[..at + packet.len])
    }

    /// Reads the beginning of the next packet. It reads no further if the
    /// packet is of another kind: a peer that uses another protocol would make
    /// the probe wait.
    pub fn next(&mut self, kinds: &[u8]) -> Result<Head, vega::Error> {
        self.skip(self.left)?;
        let mut byte = [0];
        if !self.fill(&mut byte)? {
            return Ok(CLOSED);
        }
        let head = Head { kind: byte[0] >> 4, flags: byte[0] & 15 };
        if !kinds.contains(&head.kind) {
            return Ok(head);
        }
        self.left = usize::MAX;
        match self.number()? {
            Some(len) => self.left = len,
            None => return Ok(CLOSED),
        }
        Ok(head)
    }

    /// Returns how much of the packet is unread.
    pub fn left(&self) -> usize {
        self.left
    }

    /// Reads a number of the variable length that lengths have. None means that
    /// the packet ends before, or that it is malformed.
    pub fn number(&mut self) -> Result<Option<usize>, vega::Error> {
        let (mut n, mut byte) = (0, [0]);
        for shift in [0, 7, 14, 21] {
            if !self.read(&mut byte)? {
                return Ok(None);
            }
            n |= usize::from(byte[0] & 127) << shift;
            if byte[0] < 128 {
                return Ok(Some(n));
            }
        }
        Ok(None)
    }

    /// Skips the properties that packets of MQTT 5 have.
    pub fn skip_properties(&mut self) -> Result<bool, vega::Error> {
        if !self.five() {
            return Ok(true);
        }
        match self.number()? {
            Some(n) => self.skip(n),
            None => Ok(false),
        }
    }

    /// Reads bytes of the packet; returns false if it ends before.
    pub fn read(&mut self, buf: &mut [u8]) -> Result<bool, vega::Error> {
        if buf.len() > self.left {
            return Ok(false);
        }
        self.left -= buf.len();
        self.fill(buf)
    }

    /// Skips bytes of the packet; returns false if it ends before.
    pub fn skip(&mut self, mut n: usize) -> Result<bool, vega::Error> {
        let mut buf = [0; 4096];
        while n > 0 {
            let part = n.min(buf.len());
            if !self.read(&mut buf[..part])? {
                return Ok(false);
            }
            n -= part;
        }
        Ok(true)
    }

    /// Reads the rest of the packet as text. What is not UTF-8 becomes "?". The
    /// caller has compared what is left with the room.
    pub fn text<const N: usize>(&mut self, text: &mut Text<N>) -> Result<bool, vega::Error> {
        text.clear();
        let (mut buf, mut kept) = ([0; 4096], 0);
        while self.left > 0 {
            let n = self.left.min(buf.len() - kept);
            if !self.read(&mut buf[kept..kept + n])? {
                return Ok(false);
            }
            kept = push(text, &mut buf, kept + n);
        }
        if kept > 0 {
            text.push_str("?");
        }
        Ok(true)
    }

    /// Fills buf; returns false if the broker closes first.
    fn fill(&mut self, mut buf: &mut [u8]) -> Result<bool, vega::Error> {
        while !buf.is_empty() {
            match self.conn.read(buf)? {
                0 => return Ok(false),
                n => buf = &mut buf[n..],
            }
        }
        Ok(true)
    }

    /// Reports an unexpected packet.
    pub fn strange(&self, kind: u8) -> Outcome {
        match kind {
            0 => unhealthy!("{} closed the connection in the middle of the exchange; look into its log", self.who),
            _ => unhealthy!("{} does not speak MQTT: it answered with a packet of kind {kind}; correct the address", self.who),
        }
    }
}

/// Appends the first n bytes of buf to a text. It moves an incomplete character
/// at the end to the beginning and returns its length.
fn push<const N: usize>(text: &mut Text<N>, buf: &mut [u8], n: usize) -> usize {
    let mut from = 0;
    while from < n {
        let rest = &buf[from..n];
        let valid = match core::str::from_utf8(rest) {
            Ok(all) => {
                text.push_str(all);
                return 0;
            }
            Err(e) => e,
        };
        text.push_str(core::str::from_utf8(&rest[..valid.valid_up_to()]).unwrap_or_default());
        from += valid.valid_up_to();
        match valid.error_len() {
            Some(bad) => from += bad,
            None => {
                buf.copy_within(from..n, 0);
                return n - from;
            }
        }
        text.push_str("?");
    }
    0
}
