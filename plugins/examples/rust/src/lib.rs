//! The plugin backlog; plugin.hcl describes it.
#![no_std]

use vega::{config, degraded, healthy, http, metric, millis, unhealthy, Kind, OrFailed, Probed, Text};

vega::probes! { "queue" => queue }

/// Asks a service how many jobs are waiting, and judges the number. The message
/// is for the person on call: it says what is wrong, with what, and what to do.
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
            return Ok(unhealthy!("the response of {url} has no {path}; correct path ({e})"));
        }
        other => other.or_failed(&url)?, // any other error means that the body was incomplete
    };
    let waiting: i64 = match text.parse() {
        Ok(n) => n,
        Err(_) => return Ok(unhealthy!("{path} at {url} is not a number: \"{text}\"; correct path")),
    };
    metric("waiting", waiting as f64, "");
    if waiting > most {
        return Ok(degraded!(
            "{text} jobs are waiting at {url}, more than {most}; start more workers, or look into their log"
        ));
    }
    Ok(healthy!("{text} jobs are waiting at {url}"))
}
