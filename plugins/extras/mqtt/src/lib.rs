//! The plugin mqtt; plugin.hcl describes it.
#![no_std]

mod packet;

use packet::{Broker, Packet, CONNACK, PUBLISH, SUBACK};
use vega::net::{self, Network};
use vega::{config, detail, healthy, is_match, millis, now, since, unhealthy, Error, Kind, OrFailed, Outcome, Probed, Text};

vega::probes! { "broker" => broker }

fn broker() -> Probed {
    let address: Text<300> = config::text("address")?;
    let topic: Text<256> = optional("topic")?;
    let secure = config::flag("tls")?;
    let began = now();
    let conn = net::dial(if secure { Network::Tls } else { Network::Tcp }, &address).or_failed(&address)?;
    if secure {
        conn.tls().verify().or_failed(&address)?;
    }
    let mut broker = Broker { conn, who: &address };
    log_in(&mut broker)?;
    millis("login_time", since(began));
    if !topic.is_empty() {
        subscribe(&mut broker, &topic)?;
    }
    broker.send(&Packet::new(0xE0))?; // DISCONNECT
    if topic.is_empty() {
        return Ok(healthy!("{address} accepts the login"));
    }
    Ok(healthy!("{address} accepts the login and the subscription to {topic}"))
}

/// Sends CONNECT with a clean session and reads the reply.
fn log_in(broker: &mut Broker<'_>) -> Result<(), Outcome> {
    let user: Text<256> = optional("username").or_failed(broker.who)?;
    let password: Text<512> = optional("password").or_failed(broker.who)?;
    let id: Text<64> = config::text("client_id").or_failed(broker.who)?;
    let flags = 2 | if user.is_empty() { 0 } else { 0x80 } | if password.is_empty() { 0 } else { 0x40 };
    let mut packet = Packet::new(0x10);
    packet.text("MQTT").bytes(&[4, flags, 0, 30]).text(&id); // version 3.1.1; keep alive for 30 s
    if !user.is_empty() {
        packet.text(&user);
    }
    if !password.is_empty() {
        packet.text(&password);
    }
    broker.send(&packet)?;
    let mut buf = [0; 64];
    let (kind, body) = broker.next(&[CONNACK], &mut buf).or_failed(broker.who)?;
    if kind != CONNACK || body.len() != 2 {
        return Err(broker.strange(kind));
    }
    let who = broker.who;
    match body[1] {
        0 => Ok(()),
        1 => Err(unhealthy!("{who} does not accept MQTT 3.1.1; it may support only another version")),
        2 => Err(unhealthy!("{who} does not accept the client_id {id}; choose another")),
        3 => Err(unhealthy!("{who} reports that it is not available; look into its log")),
        4 | 5 => Err(unhealthy!("{who} refuses the login; correct username and password, or what it allows that user")),
        code => Err(unhealthy!("{who} refuses the login with the code {code}; look into its log")),
    }
}

/// Sends SUBSCRIBE, reads the reply and waits for the message.
fn subscribe(broker: &mut Broker<'_>, topic: &str) -> Result<(), Outcome> {
    let who = broker.who;
    let expect: Text<512> = optional("expect").or_failed(who)?;
    let mut packet = Packet::new(0x82);
    packet.bytes(&[0, 1]).text(topic).bytes(&[0]);
    broker.send(&packet)?;
    let (mut granted, mut last): (bool, Option<Text<200>>) = (false, None);
    while !granted || !expect.is_empty() {
        let mut buf = [0; 2048];
        let (kind, body) = match broker.next(&[SUBACK, PUBLISH], &mut buf) {
            Err(e) if e.kind() == Kind::Timeout && granted => return Err(missed(who, topic, &expect, last)),
            other => other.or_failed(who)?,
        };
        match kind {
            SUBACK if body.len() == 3 && body[2] < 3 => granted = true,
            SUBACK => return Err(unhealthy!("{who} refuses the subscription to {topic}; allow it in its access list")),
            PUBLISH if body.len() >= 2 => {
                let payload = body.get(2 + usize::from(u16::from_be_bytes([body[0], body[1]]))..).unwrap_or(&[]);
                let text = valid(payload);
                if !expect.is_empty() && is_match(&expect, text).or_failed(who)? {
                    detail("message", text);
                    return Ok(());
                }
                let mut shown = Text::new();
                shown.push_str(text);
                last = Some(shown);
            }
            _ => return Err(broker.strange(kind)),
        }
    }
    Ok(())
}

fn missed(who: &str, topic: &str, expect: &str, last: Option<Text<200>>) -> Outcome {
    match last {
        None => unhealthy!("no message arrived on {topic} at {who} in time; check its publisher"),
        Some(text) => unhealthy!("no message on {topic} at {who} matches {expect}; the last is {text}; check its publisher"),
    }
}

/// Returns the part of the payload that is valid text.
fn valid(payload: &[u8]) -> &str {
    match core::str::from_utf8(payload) {
        Ok(text) => text,
        Err(e) => core::str::from_utf8(&payload[..e.valid_up_to()]).unwrap_or_default(),
    }
}

/// An optional option; "" if it is not set.
fn optional<const N: usize>(option: &str) -> Result<Text<N>, Error> {
    if !config::is_set(option) {
        return Ok(Text::new());
    }
    config::text(option)
}
