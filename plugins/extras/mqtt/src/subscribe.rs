//! The subscription, and the message that it should bring.

use vega::{config, detail, is_match, unhealthy, unknown, Kind, OrFailed, Outcome, StaticText, Text};

use crate::optional;
use crate::packet::{Broker, Packet, DISCONNECT, PUBLISH, SUBACK};
use crate::reason;

/// The largest message that is searched.
const LARGEST: usize = 1 << 20;

static MESSAGE: StaticText<LARGEST> = StaticText::new();

/// The messages that arrived and do not match.
#[derive(Default)]
struct Seen {
    last: Option<Text<200>>,
    too_large: usize, // the size of one, or 0
    retained: bool,   // one was skipped because it is retained
}

/// Sends SUBSCRIBE, reads the reply and waits for the message.
pub fn subscribe(broker: &mut Broker<'_>, topic: &str) -> Result<(), Outcome> {
    let who = broker.who;
    let expect: Text<4096> = optional("expect").or_failed(who)?;
    let mut packet = Packet::new(0x82);
    packet.bytes(&[0, 1]);
    if broker.five() {
        packet.bytes(&[0]); // no properties
    }
    packet.text(topic).bytes(&[0]);
    broker.send(&packet).or_failed(broker.who)?;
    let (mut granted, mut seen) = (false, Seen::default());
    while !granted || !expect.is_empty() {
        let head = match broker.next(&[SUBACK, PUBLISH, DISCONNECT]) {
            Err(e) if e.kind() == Kind::Timeout && granted => return Err(missed(who, topic, &expect, seen)),
            other => other.or_failed(who)?,
        };
        match head.kind {
            SUBACK => {
                acknowledged(broker, topic)?;
                granted = true;
            }
            PUBLISH if received(broker, head.flags, &expect, &mut seen)? => return Ok(()),
            // Messages on one topic are alike.
            PUBLISH if seen.too_large > 0 && !topic.contains(|c| c == '+' || c == '#') => return Err(missed(who, topic, &expect, seen)),
            PUBLISH => {}
            DISCONNECT => return Err(ended(broker)),
            kind => return Err(broker.strange(kind)),
        }
    }
    Ok(())
}

fn acknowledged(broker: &mut Broker<'_>, topic: &str) -> Result<(), Outcome> {
    let (who, mut code) = (broker.who, [0]);
    let whole = broker.skip(2).or_failed(who)? && broker.skip_properties().or_failed(who)? && broker.read(&mut code).or_failed(who)?;
    match code[0] {
        _ if !whole => Err(broker.strange(0)),
        0..=2 => Ok(()),
        0x80 | 0x87 => Err(unhealthy!("{who} refuses the subscription to {topic}; allow it in its access list")),
        code => Err(unhealthy!("{who} refuses the subscription to {topic}: {}; correct topic, or what it allows", reason::name(code))),
    }
}

/// Reads a message and returns whether it is the expected one.
fn received(broker: &mut Broker<'_>, flags: u8, expect: &str, seen: &mut Seen) -> Result<bool, Outcome> {
    let (who, mut length) = (broker.who, [0; 2]);
    let number = if flags & 6 > 0 { 2 } else { 0 }; // of a packet with a quality of service
    let whole = broker.read(&mut length).or_failed(who)?
        && broker.skip(usize::from(u16::from_be_bytes(length)) + number).or_failed(who)?
        && broker.skip_properties().or_failed(who)?;
    if !whole {
        return Err(broker.strange(0));
    }
    if expect.is_empty() {
        return Ok(false); // it is skipped
    }
    if flags & 1 > 0 && !config::flag("retained").or_failed(who)? {
        seen.retained = true;
        return Ok(false);
    }
    if broker.left() > LARGEST {
        seen.too_large = broker.left();
        return Ok(false);
    }
    let mut text = MESSAGE.borrow_mut();
    if !broker.text(&mut text).or_failed(who)? {
        return Err(broker.strange(0));
    }
    if is_match(expect, &text).or_failed(who)? {
        detail("message", text.as_str());
        return Ok(true);
    }
    let mut shown = Text::new();
    shown.push_str(&text);
    seen.last = Some(shown);
    Ok(false)
}

fn ended(broker: &mut Broker<'_>) -> Outcome {
    let mut code = [0];
    match broker.read(&mut code) {
        Ok(true) if code[0] == reason::TAKEN_OVER => unknown!("another client logged in to {} with this client_id, so the broker disconnected vega; choose another client_id", broker.who),
        Ok(true) => unhealthy!("{} ended the connection: {}; look into its log", broker.who, reason::name(code[0])),
        _ => unhealthy!("{} ended the connection; look into its log", broker.who),
    }
}

fn missed(who: &str, topic: &str, expect: &str, seen: Seen) -> Outcome {
    if seen.too_large > 0 {
        return unknown!("a message on {topic} at {who} has {} bytes, more than the 1 MiB that this probe searches; expect something on a topic with smaller messages", seen.too_large);
    }
    match seen.last {
        None if seen.retained => unhealthy!("only a retained message arrived on {topic} at {who} in time, which does not count with retained = false; check its publisher, or raise the timeout"),
        None => unhealthy!("no message arrived on {topic} at {who} in time; check its publisher"),
        Some(text) if text.is_empty() => unhealthy!("no message on {topic} at {who} matches \"{expect}\"; the last is empty; check its publisher"),
        Some(text) => unhealthy!("no message on {topic} at {who} matches \"{expect}\"; the last is \"{text}\"; check its publisher"),
    }
}
