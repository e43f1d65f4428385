//! Echo requests, as `ping` sends them: capability `icmp`.

use core::time::Duration;

use crate::clock::to_nanoseconds as nanoseconds;
use crate::handle::Handle;
use crate::{call, Error, Text};

/// Begins echo requests to a host: one of 56 bytes, which waits for a second.
pub fn echo(host: &str) -> Echo<'_> {
    Echo {
        host,
        family: 0,
        count: 1,
        size: 56,
        ttl: 0,
        interval: Duration::from_millis(200),
        wait: Duration::from_secs(1),
    }
}

/// Echo requests under construction.
///
/// ```no_run
/// # fn example() -> Result<(), vega::Error> {
/// let echoes = vega::icmp::echo("example.com").count(3).send()?;
/// for i in 0..3 {
///     match echoes.rtt(i) {
///         Some(rtt) => vega::info!("answered after {} ms", rtt.as_millis()),
///         None => vega::info!("not answered in time"),
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "echo requests do nothing until they are sent"]
#[derive(Clone, Debug)]
pub struct Echo<'a> {
    host: &'a str,
    family: i32,
    count: u16,
    size: u16,
    ttl: u8,
    interval: Duration,
    wait: Duration,
}

/// The family of the address that is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    V4 = 4,
    /// IPv6.
    V6 = 6,
}

impl Echo<'_> {
    /// Sets the number of requests.
    pub fn count(mut self, n: u16) -> Self {
        self.count = n;
        self
    }

    /// Sets the size of the payload in bytes.
    pub fn size(mut self, bytes: u16) -> Self {
        self.size = bytes;
        self
    }

    /// Sets the time to live, or hop limit; with 0 it is the system's default.
    pub fn ttl(mut self, hops: u8) -> Self {
        self.ttl = hops;
        self
    }

    /// Asks an address of this family only.
    pub fn family(mut self, family: Family) -> Self {
        self.family = family as i32;
        self
    }

    /// Sets the time from one request to the next.
    pub fn interval(mut self, between: Duration) -> Self {
        self.interval = between;
        self
    }

    /// Sets how long to wait for the reply to each request.
    pub fn wait(mut self, most: Duration) -> Self {
        self.wait = most;
        self
    }

    /// Sends the requests and returns when all replies have arrived or are late.
    pub fn send(self) -> Result<Echoes, Error> {
        Handle::of_call(call::icmp_echo(
            self.host,
            self.family,
            i32::from(self.count),
            i32::from(self.size),
            i32::from(self.ttl),
            nanoseconds(self.interval),
            nanoseconds(self.wait),
        ))
        .map(|handle| Echoes { handle })
    }
}

/// What came back for echo requests, which are counted from 0.
pub struct Echoes {
    handle: Handle,
}

impl Echoes {
    fn fact(&self, i: usize, what: i32) -> Option<u64> {
        let i = i32::try_from(i).unwrap_or(i32::MAX);
        u64::try_from(call::icmp_reply(self.handle.number(), i, what)).ok()
    }

    /// Returns the time to the reply; None if none arrived in time.
    pub fn rtt(&self, i: usize) -> Option<Duration> {
        self.fact(i, 0).map(Duration::from_nanos)
    }

    /// Returns the time to live, or hop limit, of the reply.
    pub fn ttl(&self, i: usize) -> Option<u8> {
        self.fact(i, 1).and_then(|ttl| u8::try_from(ttl).ok())
    }

    /// Returns how many more replies to the same request arrived.
    pub fn duplicates(&self, i: usize) -> u64 {
        self.fact(i, 2).unwrap_or(0)
    }

    /// Returns type and code of the ICMP error that came instead of a reply.
    pub fn error(&self, i: usize) -> Option<(u8, u8)> {
        self.fact(i, 3).map(|e| ((e >> 8) as u8, e as u8))
    }

    /// Returns the address that the reply or the error came from.
    pub fn from<const N: usize>(&self, i: usize) -> Result<Text<N>, Error> {
        let i = i32::try_from(i).unwrap_or(i32::MAX);
        Text::ask(|buf| call::icmp_from(self.handle.number(), i, buf))
    }

    /// Returns the address that the requests went to.
    pub fn address<const N: usize>(&self) -> Result<Text<N>, Error> {
        Text::ask(|buf| call::icmp_from(self.handle.number(), -1, buf))
    }

    /// Frees the handle before the results are dropped.
    pub fn close(&mut self) {
        self.handle.close();
    }
}
