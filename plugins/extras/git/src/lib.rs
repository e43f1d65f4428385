//! The plugin git; plugin.hcl describes it. The protocol is described in
//! gitprotocol-http, "Discovering References", smart.
#![no_std]

mod lines;

use lines::{Line, Lines};
use vega::{config, degraded, detail, healthy, http, metric, millis, text, unhealthy, unknown, Error, Kind, OrFailed, Probed, Text};

vega::probes! { "remote" => remote }

const MOST: usize = 8 << 20; // maximum size of a list of references, in bytes

fn remote() -> Probed {
    let url: Text<1024> = config::text("url")?;
    let branch: Text<256> = optional("branch")?;
    let commit: Text<64> = optional("commit")?;
    let user: Text<256> = config::text("username")?;
    let token: Text<512> = optional("token")?;

    let asked = text!(1100, "{}/info/refs?service=git-upload-pack", url.trim_end_matches('/'));
    let mut request = http::get(&asked).max_body(MOST);
    if !token.is_empty() {
        request = request.basic_auth(&user, &token);
    }
    let answer = request.send().or_failed(&url)?;
    millis("response_time", answer.timing(http::Phase::Total));
    match answer.status() {
        200 => {}
        401 | 403 if token.is_empty() => return Ok(unhealthy!("{url} asks for a login; set username and token")),
        401 | 403 => return Ok(unhealthy!("{url} refuses the login; create a new token, or allow it to read this repository")),
        429 => return Ok(unknown!("{url} did not answer because vega or its network asks too often (429); raise the interval, or set token")),
        404 => return Ok(unhealthy!("there is no repository at {url}, or this login has no access to it; correct url or token")),
        code => return Ok(unhealthy!("{url} answered {code}, expected 200; look into its log")),
    }
    let kind: Text<100> = answer.header("Content-Type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("text/plain") {
        return Ok(unhealthy!("what answers at {url} does not speak Git's smart HTTP; it may be a dumb server, which this probe does not support: serve the repository with git http-backend, or correct url"));
    }
    if !kind.eq_ignore_ascii_case("application/x-git-upload-pack-advertisement") {
        return Ok(unhealthy!("what answers at {url} does not speak Git's smart HTTP; correct url"));
    }

    let mut want: Text<300> = Text::new();
    want.push_str(match branch.as_str() {
        "" => "HEAD",
        whole if whole.starts_with("refs/") => "",
        _ => "refs/heads/",
    });
    want.push_str(&branch);
    let (mut found, mut heads, mut tags): (Option<Text<64>>, u32, u32) = (None, 0, 0);
    let mut lines = Lines::of(answer);
    let (mut room, mut parts) = ([0; 1024], 0);
    while parts < 2 {
        let line = match lines.next(&mut room) {
            Err(e) if e.kind() == Kind::TooLarge && found.is_some() => break, // what was asked for is there
            other => other.or_failed(&url)?,
        };
        match line {
            Line::Text(line) if line.starts_with(b"ERR ") => {
                let text = core::str::from_utf8(&line[4..]).unwrap_or_default().trim_end();
                return Ok(unhealthy!("{url} refuses with \"{text:.200}\"; look into the server's log"));
            }
            Line::Text(line) if heads + tags == 0 && found.is_none() && line.starts_with(b"version 2") => {
                return Ok(unknown!("{url} answered with version 2 of Git's protocol, which vega did not ask for; check the proxy or cache in front of it"));
            }
            Line::Flush => parts += 1,
            Line::End => return Ok(unhealthy!("the list of branches of {url} is truncated; look into the server's log")),
            Line::Text(line) if parts == 1 => {
                let line = core::str::from_utf8(line).unwrap_or_default();
                let line = line.split('\0').next().unwrap_or_default().trim_end();
                let (hash, name) = halves(line);
                heads += u32::from(name.starts_with("refs/heads/"));
                tags += u32::from(name.starts_with("refs/tags/") && !name.ends_with("^{}"));
                if name == want.as_str() {
                    let mut text = Text::new();
                    text.push_str(hash);
                    found = Some(text);
                }
            }
            Line::Text(_) => {}
        }
    }
    if parts == 2 {
        metric("branches", heads.into(), "");
        metric("tags", tags.into(), "");
    }
    let at = match found {
        Some(hash) => hash,
        None if heads + tags == 0 => return Ok(unhealthy!("the repository at {url} is empty; push to it, or correct url")),
        None if branch.is_empty() => return Ok(unhealthy!("HEAD of the repository at {url} points to a branch that does not exist; correct its default branch, or set branch")),
        None => return Ok(unhealthy!("the repository at {url} has no {}; correct branch, or push it", want.trim_start_matches("refs/heads/"))),
    };
    detail("commit", &at);
    let name = if branch.is_empty() { "HEAD" } else { &branch };
    if !at.get(..commit.len()).map_or(false, |start| start.eq_ignore_ascii_case(&commit)) {
        return Ok(degraded!("{name} of {url} is at {:.12}, not at {commit}; push what is missing, or correct commit", at.as_str()));
    }
    Ok(healthy!("{name} of {url} is at {:.12}", at.as_str()))
}

fn halves(line: &str) -> (&str, &str) {
    line.find(' ').map_or((line, ""), |i| (&line[..i], &line[i + 1..]))
}

/// An optional option; "" if it is not set.
fn optional<const N: usize>(option: &str) -> Result<Text<N>, Error> {
    if !config::is_set(option) {
        return Ok(Text::new());
    }
    config::text(option)
}
