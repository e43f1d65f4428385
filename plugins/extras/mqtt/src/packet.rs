//! Packets of MQTT 3.1.1, chapters 2 and 3 of its specification.

use vega::{net, unhealthy, OrFailed, Outcome};

/// The kinds of packets that the probe expects.
pub const CONNACK: u8 = 2;
pub const PUBLISH: u8 = 3;
pub const SUBACK: u8 = 9;

const ROOM: usize = 1500;

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
}

impl Broker<'_> {
    /// Sends a packet in one write, as a secret in it requires.
    pub fn send(&mut self, packet: &Packet) -> Result<(), Outcome> {
        let mut all = [0; ROOM + 3];
        let head: &[u8] = &match packet.len {
            0..=127 => [packet.first, packet.len as u8, 0],
            n => [packet.first, (n % 128) as u8 | 128, (n / 128) as u8],
        };
        let head = if packet.len < 128 { &head[..2] } else { head };
        all[..head.len()].copy_from_slice(head);
        all[head.len()..head.len() + packet.len].copy_from_slice(&packet.body[..packet.len]);
        self.conn.write_all(&all[..head.len() + packet.len]).or_failed(self.who)
    }

    /// Reads the next packet and returns its kind and its body in buf,
    /// truncated if buf is too small. It stops reading at a packet of any other
    /// kind: a peer that uses another protocol would make the probe wait.
    pub fn next<'b>(&mut self, kinds: &[u8], buf: &'b mut [u8]) -> Result<(u8, &'b [u8]), vega::Error> {
        let mut byte = [0];
        if !self.fill(&mut byte)? {
            return Ok((0, &[]));
        }
        let kind = byte[0] >> 4;
        if !kinds.contains(&kind) {
            return Ok((kind, &[]));
        }
        let (mut len, mut shift) = (0usize, 0);
        loop {
            if !self.fill(&mut byte)? || shift > 21 {
                return Ok((0, &[]));
            }
            len |= usize::from(byte[0] & 127) << shift;
            shift += 7;
            if byte[0] < 128 {
                break;
            }
        }
        let kept = len.min(buf.len());
        if !self.fill(&mut buf[..kept])? {
            return Ok((0, &[]));
        }
        for _ in kept..len {
            if !self.fill(&mut byte)? {
                return Ok((0, &[]));
            }
        }
        Ok((kind, &buf[..kept]))
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
