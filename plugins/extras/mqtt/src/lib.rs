//! The plugin mqtt; plugin.hcl describes it.
#![no_std]

mod open;
mod packet;
mod reason;
mod subscribe;

use core::fmt::Write;

use packet::{Broker, Packet, CONNACK};
use vega::{config, detail, healthy, millis, now, since, unhealthy, unknown, Error, Kind, OrFailed, Outcome, Probed, Text};

vega::probes! { "broker" => broker }

fn broker() -> Probed {
    let address: Text<300> = config::text("address")?;
    let topic: Text<1024> = optional("topic")?;
    let secure = config::flag("tls")?;
    let mut broker = log_in_any(&address, secure)?;
    detail("version", broker.version());
    let soon = if secure { open::expiring(&address, &broker.conn)? } else { None };
    if !topic.is_empty() {
        subscribe::subscribe(&mut broker, &topic)?;
    }
    let mut goodbye = Packet::new(0xE0);
    if broker.five() {
        goodbye.bytes(&[0, 0]); // normal disconnection, without properties
    }
    let _ = broker.send(&goodbye); // the result is already known
    Ok(match soon {
        Some(soon) => soon,
        None if topic.is_empty() => healthy!("{address} accepts the login"),
        None => healthy!("{address} accepts the login and the subscription to {topic}"),
    })
}

/// Logs in with the configured version; if none is, with 3.1.1, and with 5 if
/// the broker does not accept that or hangs up.
fn log_in_any(address: &str, secure: bool) -> Result<Broker<'_>, Outcome> {
    let version: Text<8> = optional("version")?;
    let began = now();
    let level = match version.as_str() {
        "3.1" => 3,
        "5" => 5,
        _ => 4,
    };
    let mut broker = Broker::new(open::open(address, secure)?, address, level);
    let mut answer = log_in(&mut broker, secure)?;
    if version.is_empty() && matches!(answer, Answer::Closed | Answer::Refused(reason::OLD_VERSION)) {
        let mut other = Broker::new(open::open(address, secure)?, address, 5);
        let second = log_in(&mut other, secure)?;
        if !matches!(second, Answer::Closed) {
            (broker, answer) = (other, second);
        }
    }
    millis("login_time", since(began));
    match answer {
        Answer::Accepted => Ok(broker),
        Answer::Closed => Err(broker.strange(0)),
        Answer::Refused(reason::OLD_VERSION) if version.is_empty() => Err(unhealthy!("{address} accepts neither MQTT 3.1.1 nor 5; update it, or set version = \"3.1\" if it supports that")),
        Answer::Refused(code) => Err(refused(&broker, code)),
    }
}

/// The answer to a login.
enum Answer {
    Accepted,
    Refused(u8), // with a code of MQTT 5
    Closed,
}

/// Returns a CONNECT packet with a clean session.
fn hello(level: u8, id: &str, user: &str, password: &str) -> Packet {
    let flags = 2 | if user.is_empty() { 0 } else { 0x80 } | if password.is_empty() { 0 } else { 0x40 };
    let mut packet = Packet::new(0x10);
    packet.text(if level == 3 { "MQIsdp" } else { "MQTT" }).bytes(&[level, flags, 0, 30]); // keep alive for 30 s
    if level == 5 {
        packet.bytes(&[0]); // no properties
    }
    packet.text(id);
    if !user.is_empty() {
        packet.text(user);
    }
    if !password.is_empty() {
        packet.text(password);
    }
    packet
}

fn log_in(broker: &mut Broker<'_>, secure: bool) -> Result<Answer, Outcome> {
    let who = broker.who;
    let user: Text<1024> = optional("username").or_failed(who)?;
    let password: Text<8192> = optional("password").or_failed(who)?;
    let mut id: Text<256> = optional("client_id").or_failed(who)?;
    if id.is_empty() {
        id = identifier();
    }
    if user.is_empty() && !password.is_empty() && !broker.five() {
        return Err(unknown!("password is set without username, which only MQTT 5 allows; set username, or version = \"5\""));
    }
    let unsent = broker.send(&hello(broker.level, &id, &user, &password));
    let unsent = match unsent {
        Err(e) if e.kind() != Kind::Reset => return Err(e).or_failed(who), // nothing was sent: no answer comes
        other => other, // the broker may have said why it hangs up
    };
    let head = match broker.next(&[CONNACK]) {
        Err(e) if e.kind() == Kind::Timeout => return Err(silent(who, secure)),
        Err(e) if e.kind() == Kind::Reset => return closed(who, secure),
        other => match unsent {
            Err(e) => return Err(e).or_failed(who),
            Ok(()) => other.or_failed(who)?,
        },
    };
    let mut body = [0; 2];
    match head.kind {
        CONNACK if broker.read(&mut body).or_failed(who)? => {}
        CONNACK | 0 => return closed(who, secure),
        1 if !secure && open::speaks_tls(who) => return Err(speaks_tls(who)), // 0x15 begins a TLS alert
        kind => return Err(broker.strange(kind)),
    }
    Ok(match body[1] {
        0 => Answer::Accepted,
        code => Answer::Refused(reason::of_old(code)),
    })
}

fn closed(who: &str, secure: bool) -> Result<Answer, Outcome> {
    if !secure && open::speaks_tls(who) {
        return Err(speaks_tls(who));
    }
    Ok(Answer::Closed)
}

fn speaks_tls(who: &str) -> Outcome {
    unhealthy!("{who} speaks TLS; set tls = true")
}

fn silent(who: &str, secure: bool) -> Outcome {
    let tls = if secure { "" } else { ", or it expects TLS: then set tls = true" };
    unhealthy!("{who} accepts the connection but does not answer the login in time; it is overloaded or hung{tls}")
}

fn refused(broker: &Broker<'_>, code: u8) -> Outcome {
    let (who, name) = (broker.who, reason::name(code));
    match code {
        reason::OLD_VERSION => unhealthy!("{who} does not accept MQTT {}; set version to one that it supports", broker.version()),
        0x85 => unhealthy!("{who} does not accept the client_id; choose another"),
        0x86 | 0x87 | 0x8C => unhealthy!("{who} refuses the login; correct username and password, or what it allows that user ({name})"),
        0x88 | 0x89 | 0x9F => unhealthy!("{who} reports that it is not available ({name}); look into its log"),
        0x9C | 0x9D => unhealthy!("{who} sends clients to another server ({name}); correct the address"),
        code => unhealthy!("{who} refuses the login with the code {code}, {name}; look into its log"),
    }
}

/// Returns a client identifier that no other check uses: a broker disconnects a
/// client when another logs in with its identifier. Every broker accepts 23
/// letters and digits.
fn identifier() -> Text<256> {
    let mut id = Text::new();
    let _ = write!(id, "vega{:016x}", now().as_nanos() as u64); // it fits
    id
}

/// An optional option; "" if it is not set.
fn optional<const N: usize>(option: &str) -> Result<Text<N>, Error> {
    if !config::is_set(option) {
        return Ok(Text::new());
    }
    config::text(option)
}
