//! Why a broker refuses something: MQTT 5, section 2.4. The codes of MQTT 3.1.1
//! are translated to these.

pub const OLD_VERSION: u8 = 0x84;
pub const TAKEN_OVER: u8 = 0x8E;

/// Returns the code of MQTT 5 for a code of MQTT 3.1.1, section 3.2.2.3.
pub fn of_old(code: u8) -> u8 {
    match code {
        1 => OLD_VERSION,
        2 => 0x85,
        3 => 0x88,
        4 => 0x86,
        5 => 0x87,
        other => other,
    }
}

/// Returns the name that the specification gives to a code.
pub fn name(code: u8) -> &'static str {
    match code {
        0x00 => "normal disconnection",
        0x80 => "unspecified error",
        0x81 => "malformed packet",
        0x82 => "protocol error",
        0x83 => "implementation specific error",
        0x84 => "unsupported protocol version",
        0x85 => "client identifier not valid",
        0x86 => "bad user name or password",
        0x87 => "not authorized",
        0x88 => "server unavailable",
        0x89 => "server busy",
        0x8A => "banned",
        0x8B => "server shutting down",
        0x8C => "bad authentication method",
        0x8D => "keep alive timeout",
        0x8E => "session taken over",
        0x8F => "topic filter invalid",
        0x90 => "topic name invalid",
        0x93 => "receive maximum exceeded",
        0x95 => "packet too large",
        0x96 => "message rate too high",
        0x97 => "quota exceeded",
        0x98 => "administrative action",
        0x9C => "use another server",
        0x9D => "server moved",
        0x9E => "shared subscriptions not supported",
        0x9F => "connection rate exceeded",
        0xA0 => "maximum connect time",
        0xA2 => "wildcard subscriptions not supported",
        _ => "a code without a name",
    }
}
