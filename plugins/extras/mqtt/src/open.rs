//! Connections to the broker, with and without TLS.

use vega::net::{self, Conn, Network};
use vega::{config, degraded, detail, metric, now, unhealthy, Error, Kind, OrFailed, Outcome};

use crate::packet::{Broker, CONNACK};

/// Connects, and makes a TLS handshake if asked.
pub fn open(who: &str, secure: bool) -> Result<Conn, Outcome> {
    let mut conn = net::dial(Network::Tcp, who).or_failed(who)?;
    if !secure {
        return Ok(conn);
    }
    if let Err(error) = conn.tls_start("") {
        conn.close();
        return Err(no_handshake(who, error));
    }
    if let Err(error) = conn.tls().verify() {
        return Err(vega::failed(who, &error));
    }
    Ok(conn)
}

fn no_handshake(who: &str, error: Error) -> Outcome {
    match error.kind() {
        Kind::Timeout => unhealthy!("{who} accepts the connection but does not answer the TLS handshake in time; it is hung, or it does not speak TLS: then set tls = false"),
        Kind::Tls | Kind::Reset if answers(who) => unhealthy!("{who} does not speak TLS: it answers without; set tls = false, or enable TLS there"),
        _ => vega::failed(who, &error),
    }
}

/// Reports whether a broker answers a login without TLS. It sends no password.
fn answers(who: &str) -> bool {
    let conn = match net::dial(Network::Tcp, who) {
        Ok(conn) => conn,
        Err(_) => return false,
    };
    let mut broker = Broker::new(conn, who, 4);
    if broker.send(&crate::hello(4, &crate::identifier(), "", "")).is_err() {
        return false;
    }
    matches!(broker.next(&[CONNACK]), Ok(head) if head.kind == CONNACK)
}

/// Reports whether a server that did not understand MQTT speaks TLS.
pub fn speaks_tls(who: &str) -> bool {
    match net::dial(Network::Tcp, who) {
        Ok(mut conn) => conn.tls_start("").is_ok(),
        Err(_) => false,
    }
}

/// Whole days until the first certificate of the chain expires, negative if it has expired.
fn days_left(conn: &Conn) -> Option<i64> {
    let (until, now) = (conn.tls().chain_ends().ok()?.as_secs(), now());
    let now = now.as_secs() + u64::from(now.subsec_nanos() > 0);
    Some((until as i64 - now as i64).div_euclid(86400))
}

/// Reports the certificate, and returns an outcome if it expires too soon.
pub fn expiring(who: &str, conn: &Conn) -> Result<Option<Outcome>, Outcome> {
    let days = match days_left(conn) {
        Some(days) => days,
        None => return Ok(None),
    };
    metric("certificate_days", days as f64, "days");
    detail("certificate_issuer", conn.tls().issuer::<512>().unwrap_or_default());
    if !config::is_set("min_cert_days") {
        return Ok(None);
    }
    let least = config::integer("min_cert_days").or_failed(who)?;
    let plural = if days == 1 { "" } else { "s" };
    Ok((days < least).then(|| degraded!("the certificate of {who} expires in {days} day{plural}, fewer than {least}; renew it")))
}
