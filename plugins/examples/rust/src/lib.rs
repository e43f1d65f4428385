//! The plugin backlog: plugin.hcl has what it says of itself.
#![no_std]

use vega::{config, degraded, healthy, http, metric, millis, unhealthy, Kind, OrFailed, Probed, Text};

vega::probes! { "queue" => queue }

/// Asks a service how many jobs wait, and judges the number. The message is for
/// the person who is woken: what is wrong, with what, and what to do.
fn queue() -> Probed {
    let url: Text<1024> = config::text("url")?;
    let path: Text<256> = config::text("path")?;
    let most = config::integer("max")?;

    let answer = http::get(&url).send().or_failed(&url)?;
    millis("response_time", answer.timing(http::Phase::Total));
    if answer.status() != 200 {
        return Ok(unhealthy!("{url} answered {}, expected 200; look into its log", answer.status()));
    }
    let text: Text<32> = match answer.json(&path) {
        Err(e) if matches!(e.kind(), Kind::NotSet | Kind::Invalid) => {
            return Ok(unhealthy!("there is no {path} in the answer of {url}; correct path ({e})"));
        }
        other => other.or_failed(&url)?, // an error means that it did not come whole
    };
    let waiting: i64 = match text.parse() {
        Ok(n) => n,
        Err(_) => return Ok(unhealthy!("{path} at {url} is no number: \"{text}\"; correct path")),
    };
    metric("waiting", waiting as f64, "");
    if waiting > most {
        return Ok(degraded!(
            "{text} jobs wait at {url}, more than {most}; start more workers, or look into their log"
        ));
    }
    Ok(healthy!("{text} jobs wait at {url}"))
}
