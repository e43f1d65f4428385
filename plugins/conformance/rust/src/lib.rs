//! The conformance guest in Rust; see plugin.hcl in the parent directory.
#![no_std]

use core::fmt::{Display, Write};

use vega::net::{dial, Network};
use vega::{
    config, degraded, detail, failed, healthy, http, is_match, kv, match_group, resolve, sql, text, unhealthy,
    unknown, Error, OrFailed, Outcome, Probed, StaticText, Text, Tls,
};

vega::probes! {
    "options" => options,
    "results" => results,
    "status" => status,
    "http" => http,
    "net" => net,
    "errors" => errors,
    "dns" => dns,
    "sql" => sql,
    "kv" => kv,
    "match" => matching,
    "icmp" => icmp,
    "websocket" => websocket,
    "ssh" => ssh,
    "unix" => unix,
    "http2" => http2,
}

static BIG: StaticText<100_001> = StaticText::new();

/// Adds an error's number as a detail, or "none".
fn code<T>(name: &str, result: Result<T, Error>) {
    value(name, result.map(|_| "none"));
}

/// Adds a value as a detail, or the error's number.
fn value(name: &str, result: Result<impl Display, Error>) {
    match result {
        Ok(value) => detail(name, value),
        Err(error) => detail(name, error.code()),
    }
}

fn repeat(text: &mut StaticTextMut, first: &str, letter: &str, n: usize) {
    text.clear();
    text.push_str(first);
    for _ in 0..n {
        text.push_str(letter);
    }
}

type StaticTextMut = vega::StaticTextMut<'static, 100_001>;

/// Joins lines with commas.
fn list(lines: &str) -> Text<4096> {
    let mut list = Text::new();
    for (i, line) in lines.lines().enumerate() {
        list.push_str(if i > 0 { "," } else { "" });
        list.push_str(line);
    }
    list
}

fn options() -> Probed {
    detail("text", config::text::<64>("text")?);
    detail("long", config::text::<8192>("long")?.len());
    detail("number", (config::number("number")? * 4.0) as i32);
    detail("whole", config::integer("whole")?);
    detail("flag", config::flag("flag")?);
    detail("wait", config::duration("wait")?.as_millis());
    detail("size", config::size("size")?);
    let mut all: Text<4096> = Text::new();
    for element in config::list::<64>("list") {
        let _ = write!(all, "{}{}", if all.is_empty() { "" } else { "," }, element?);
    }
    detail("list", &all);
    all.clear();
    for pair in config::map::<64, 512>("map") {
        let (key, value) = pair?;
        let _ = write!(
            all,
            "{}{key}={value}",
            if all.is_empty() { "" } else { "," }
        );
    }
    detail("map", &all);
    detail("usual", config::text::<64>("usual")?);
    let absent: Text<64> = config::text("absent").unwrap_or_default();
    let number = config::integer("absent").unwrap_or_default();
    detail(
        "absent",
        format_args!("{}{absent}{number}", config::is_set("absent")),
    );
    Ok(healthy!("read"))
}

fn results() -> Outcome {
    let mut big = BIG.borrow_mut();
    detail("again", "first");
    detail("again", "second");
    repeat(&mut big, "", "ä", 200);
    detail(&big, "a long name");
    repeat(&mut big, "x", "ö", 5000);
    detail("long", &*big);
    vega::metric("one", 1.5, "ms");
    let zero = config::number("none").unwrap_or_default();
    vega::metric("nan", zero / zero, "");
    vega::metric("inf", 1.0 / zero, "");
    vega::debug!("a debug line");
    vega::info!("an {} line", "info");
    vega::warn!("a warn line");
    repeat(&mut big, "x", "ü", 5000);
    vega::error!("{}", *big);
    let now = vega::now();
    if !vega::deadline().is_zero()
        && now.as_secs() > 1_600_000_000
        && vega::since(now).as_secs() < 60
    {
        detail("clock", "runs");
    }
    repeat(&mut big, "x", "é", 3000);
    degraded!("{}", *big)
}

fn status() -> Probed {
    Ok(match config::integer("status")? {
        0 => healthy!("it is healthy"),
        1 => degraded!("it is degraded"),
        2 => unhealthy!("it is unhealthy"),
        _ => unknown!("it is unknown"),
    })
}

fn http() -> Probed {
    let base: Text<512> = config::text("url")?;
    let token: Text<64> = config::text("token")?;
    let answer = http::Request::new("POST", &text!(1024, "{base}/echo"))
        .header("X-A", "one")
        .header("X-A", "two")
        .header("X-Token", &token)
        .basic_auth("ada", "s3cret")
        .body("hello")
        .send()
        .or_failed("the echo")?;
    detail("status", answer.status());
    for path in [
        "method",
        "auth",
        "a.0",
        "a.1",
        "token",
        "body",
        "none",
        "odd\\.key",
        "list",
        "absent",
        "list.#",
    ] {
        value(path, answer.json::<256>(path));
    }
    detail(
        "count",
        format_args!(
            "{}{}{}",
            answer.json_count("list"),
            answer.json_count("absent"),
            answer.json_count("")
        ),
    );
    value("text", answer.json::<1024>("text").map(|text| text.len()));
    let reply: Text<64> = answer.header("X-Reply").unwrap_or_default();
    let none: Text<64> = answer.header("X-None").unwrap_or_default();
    detail("header", format_args!("{reply}{none}"));
    if !answer.timing(http::Phase::Total).is_zero()
        && !answer.timing(http::Phase::FirstByte).is_zero()
        && answer.timing(http::Phase::Tls).is_zero()
    {
        detail("timing", "runs");
    }
    code("no_tls", answer.tls().verify());
    drop(answer);

    let long = text!(1024, "{base}/long");
    let mut big = BIG.borrow_mut();
    code(
        "long",
        http::get(&long).send().and_then(|mut answer| {
            answer.read_text(&mut big)?;
            detail("body_is", format_args!("{}{:.5}", big.len(), *big));
            Ok(())
        }),
    );
    code(
        "cut",
        http::get(&long).send().and_then(|mut answer| {
            detail("first", answer.text::<7>()?);
            Ok(())
        }),
    );
    code(
        "max_body",
        http::get(&long)
            .max_body(10)
            .send()
            .and_then(|mut answer| answer.read_text(&mut big)),
    );
    code(
        "unkept",
        http::get(&text!(1024, "{base}/latin"))
            .utf8()
            .no_json()
            .send()
            .and_then(|mut answer| {
                value("latin", answer.text::<64>());
                answer.json::<64>("x")
            }),
    );
    code(
        "no_json",
        http::get(&long)
            .send()
            .and_then(|answer| answer.json::<64>("x")),
    );
    let away = text!(1024, "{base}/away");
    if let Ok(answer) = http::get(&away).redirects(0).send() {
        detail(
            "redirect",
            format_args!(
                "{}{}",
                answer.status(),
                answer.header::<64>("Location").unwrap_or_default()
            ),
        );
    }
    value(
        "redirected",
        http::get(&away).send().map(|answer| answer.status()),
    );
    code("bad_url", http::get("http://[bad").send());
    let secure = http::get(&config::text::<512>("secure")?)
        .send()
        .or_failed("the secure server")?;
    facts(secure.tls());
    Ok(healthy!("sent"))
}

fn facts(tls: Tls) {
    value("tls", tls.version::<64>());
    value(
        "cipher",
        tls.cipher::<64>().map(|cipher| !cipher.is_empty()),
    );
    value("subject", tls.subject::<256>());
    value("issuer", tls.issuer::<256>());
    value("not_after", tls.not_after().map(|at| at.as_secs()));
    value("names", tls.names::<256>().map(|names| list(&names)));
    code("verified", tls.verify());
    value("chain_ends", tls.chain_ends().map(|at| at.as_secs()));
    value("chain_subject", tls.chain_subject::<256>());
    code("accepted", tls.accepted());
}

fn net() -> Probed {
    let address: Text<256> = config::text("address")?;
    let mut c = dial(Network::Tcp, &address).or_failed("the server")?;
    code("write", c.write_all("one\ntwo\r\n"));
    value("line1", c.read_line::<64>());
    value("line2", c.read_line::<64>());
    c.write_all("STARTTLS\n")?;
    value("ready", c.read_line::<64>());
    code("starttls", c.tls_start(""));
    c.write_all("three\n")?;
    value("line3", c.read_line::<64>());
    c.write_all("LONG\n")?;
    code("long_line", c.read_line::<64>());
    drop(c);

    let mut c = dial(Network::Tcp, &address)?;
    c.write_all("BYE\n")?;
    value("bye", c.read_line::<64>());
    code("gone", c.read_line::<64>());
    value(
        "end",
        c.read(&mut [0; 8])
            .map(|n| if n == 0 { "end" } else { "more" }),
    );
    c.close();
    code("closed", c.read(&mut [0; 8]));

    let mut c =
        dial(Network::Tls, &config::text::<256>("secure")?).or_failed("the secure server")?;
    facts(c.tls());
    c.write_all("four\n")?;
    value("line4", c.read_line::<64>());

    let mut c =
        dial(Network::Udp, &config::text::<256>("datagram")?).or_failed("the datagram server")?;
    c.write_all("ping")?;
    let mut datagram = [0; 64];
    value(
        "udp",
        c.read(&mut datagram)
            .map(|n| core::str::from_utf8(&datagram[..n]).unwrap_or("no text")),
    );
    code("late", c.read_within(core::time::Duration::from_millis(2), &mut [0; 8]));
    Ok(healthy!("talked"))
}

fn report<T>(name: &str, result: Result<T, Error>) {
    match result {
        Ok(_) => detail(name, "none"),
        Err(error) => {
            let outcome = failed("it", &error);
            detail(
                name,
                format_args!("{} {}", outcome.status() as i32, error.code()),
            );
            detail(&text!(64, "{name}_is"), outcome.message());
        }
    }
}

/// Provokes each error, the timeout last because it uses the remaining time.
fn errors() -> Probed {
    let option = config::text::<512>;
    report("denied", dial(Network::Tcp, &option("elsewhere")?));
    report("refused", dial(Network::Tcp, &option("refusing")?));
    report("dns", http::get(&option("absent")?).send());
    report("tls", http::get(&option("untrusted")?).send());
    report("io", http::get(&option("loop")?).send());
    report("invalid", is_match("(", ""));
    let mut big = BIG.borrow_mut();
    repeat(&mut big, "http://x/", "x", 70_000);
    report("too_large", http::get(&big).send());
    let silent = option("silent")?;
    let mut held = [(); 17].map(|_| dial(Network::Tcp, &silent));
    detail("held", held.iter().filter(|c| c.is_ok()).count());
    let [first, .., last] = &mut held;
    if let Err(error) = last {
        report::<()>("quota", Err(error.clone()));
    }
    if let Ok(c) = first {
        c.close();
        report("closed", c.write_all("x"));
    }
    drop(held);
    report(
        "reset",
        dial(Network::Tcp, &option("resetting")?).and_then(|mut c| {
            c.write_all("x")?;
            c.read(&mut [0; 8])
        }),
    );
    report("timeout", dial(Network::Tcp, &silent)?.read(&mut [0; 8]));
    Ok(unhealthy!("all failed"))
}

fn dns() -> Probed {
    let name: Text<256> = config::text("name")?;
    let server: Text<256> = config::text("server")?;
    for kind in ["A", "MX", "TXT", "SRV", "NS"] {
        value(
            kind,
            resolve::<4096>(kind, &name, &server).map(|answers| list(&answers)),
        );
    }
    code(
        "absent",
        resolve::<4096>("A", &text!(300, "absent.{name}"), &server),
    );
    code("what", resolve::<4096>("WHAT", &name, &server));
    Ok(healthy!("asked"))
}

fn sql() -> Probed {
    let database: Text<64> = config::text("database")?;
    let mut rows =
        sql::query(&database, "SELECT a, b FROM t ORDER BY a").or_failed("the database")?;
    let mut all: Text<512> = Text::new();
    let end = loop {
        match rows.advance() {
            Ok(true) => {}
            end => break end,
        }
        let a: Text<128> = rows.column(0)?;
        let _ = write!(all, "{}{a} ", if all.is_empty() { "" } else { "," });
        let _ = match rows.column::<8192>(1) {
            Ok(b) if b.len() > 99 => write!(all, "{}", b.len()),
            Ok(b) => write!(all, "{b}"),
            Err(error) => write!(all, "{}", error.code()),
        };
    };
    detail("rows", &all);
    code("end", end);
    code("column", rows.column::<64>(9));
    rows.close();
    code("closed", rows.column::<64>(0));
    code("bad", sql::query(&database, "SELECT nothing"));
    Ok(healthy!("queried"))
}

fn kv() -> Outcome {
    value("absent", kv::text::<64>("seen"));
    code("set", kv::set("seen", "a\0b"));
    let mut buf = [0; 64];
    match kv::bytes("seen", &mut buf) {
        Ok([b'a', 0, b'b']) => detail("got", "3a0b"),
        got => code("got", got),
    }
    code("quota", kv::set("much", &[b'x'; 5000]));
    code("again", kv::set("seen", "c"));
    value("now", kv::text::<64>("seen"));
    code("set", kv::set("seen", ""));
    if let Err(error) = kv::text::<64>("seen") {
        let unstored = failed("it", &error);
        detail("unstored", text!(256, "{} {}", unstored.status() as i32, unstored.message()));
    }
    code("deleted", kv::text::<64>("seen"));
    healthy!("kept")
}

fn matching() -> Outcome {
    for (name, pattern, text) in [
        ("yes", r"^v\d+$", "v12"),
        ("no", r"^v\d+$", "w12"),
        ("within", "b+", "abbc"),
        ("bad", "(", ""),
    ] {
        value(name, is_match(pattern, text));
    }
    value("group", match_group::<64>(r"(\w+)@(\w+)", "to ada@example", 2));
    code("no_group", match_group::<64>("(x)?y", "y", 1));
    healthy!("matched")
}

fn icmp() -> Probed {
    let host: Text<256> = config::text("host")?;
    let ten = core::time::Duration::from_millis(10);
    let echoes = vega::icmp::echo(&host).count(2).size(16).interval(ten).send().or_failed("the host")?;
    value("address", echoes.address::<64>());
    for i in 0..2 {
        let answered = echoes.rtt(i).map_or(false, |rtt| !rtt.is_zero()) && echoes.ttl(i).map_or(false, |ttl| ttl > 0);
        let from: Text<64> = echoes.from(i).unwrap_or_default();
        detail(
            &text!(16, "reply{i}"),
            format_args!("{answered}{}{}{from}", echoes.duplicates(i), echoes.error(i).is_some()),
        );
    }
    code("denied", vega::icmp::echo("192.0.2.9").send());
    code("too_many", vega::icmp::echo(&host).count(1000).send());
    Ok(healthy!("pinged"))
}

fn websocket() -> Probed {
    use vega::websocket::{Kind, Upgrade};
    let url: Text<512> = config::text("url")?;
    let asked = http::get(&text!(600, "{url}/talk")).header("Sec-WebSocket-Protocol", "other, chat");
    let mut w = match asked.upgrade().or_failed("the server")? {
        Upgrade::Done(w) => w,
        Upgrade::Refused(r) => return Ok(unhealthy!("{}", r.status())),
    };
    value("protocol", w.protocol::<64>());
    value("header", w.header::<64>("X-Reply"));
    code("send", w.send_text("hello"));
    value("text", w.receive_text::<64>());
    detail("kind", w.kind() == Some(Kind::Binary));
    code("bytes", w.send(Kind::Binary, "a\0b"));
    match w.receive(&mut [0; 8]) {
        Ok([b'A', 0, b'B']) => detail("binary", format_args!("3A0B{}", w.kind() == Some(Kind::Binary))),
        got => code("binary", got.map(|_| ())),
    }
    w.send_text("long")?;
    let _ = w.receive_text::<64>(); // stays
    let mut room = [0; 6000];
    value("long", w.receive(&mut room).map(|message| message.len()));
    w.send_text("bye")?;
    code("gone", w.receive_text::<64>());
    let reason: Text<64> = w.close_reason().unwrap_or_default();
    detail("closed", format_args!("{}{reason}", w.close_code().unwrap_or(0)));
    drop(w);
    match http::get(&text!(600, "{url}/none")).upgrade().or_failed("the server")? {
        Upgrade::Done(_) => detail("refused", "no"),
        Upgrade::Refused(r) => detail("refused", r.status()),
    }
    code("denied", http::get("ws://192.0.2.9/").upgrade().map(|_| ()));
    Ok(healthy!("talked"))
}

fn ssh() -> Probed {
    let address: Text<256> = config::text("address")?;
    let mut s = vega::ssh::connect(&address).or_failed("the server")?;
    value("version", s.version::<256>());
    let kind: Text<64> = s.key_type()?;
    detail("key", format_args!("{kind} {}", s.fingerprint::<128>()?));
    code("verified", s.unverified::<256>());
    code("login", s.logged_out::<256>());
    value("banner", s.banner::<256>());
    let ran = s.run().and_then(|status| Ok(text!(300, "{status}{}", s.text::<256>()?)));
    value("run", ran);
    value("stderr", s.stderr::<256>());
    drop(s);
    code("denied", vega::ssh::connect("192.0.2.9:22").map(|_| ()));
    Ok(healthy!("looked"))
}

fn unix() -> Probed {
    let mut c = dial(Network::Unix, &config::text::<256>("lines")?).or_failed("the socket")?;
    c.write_all("one\n")?;
    value("line", c.read_line::<64>());
    drop(c);
    let web: Text<256> = config::text("web")?;
    let answer = http::get("http://engine/latin").unix(&web).send().or_failed("the web socket")?;
    detail("status", answer.status());
    drop(answer);
    code("denied", http::Request::new("POST", "http://engine/").unix(&web).send());
    Ok(healthy!("used"))
}

fn http2() -> Probed {
    let url = text!(600, "{}/trailers", config::text::<512>("url")?);
    let mut answer = http::Request::new("POST", &url).http2().body("a\0b").send().or_failed("the server")?;
    detail("early", answer.trailer::<64>("Grpc-Status").unwrap_or_default());
    value("body", answer.text::<100>());
    detail("trailer", answer.trailer::<64>("Grpc-Status").unwrap_or_default());
    detail("none", answer.trailer::<64>("X-None").unwrap_or_default());
    drop(answer);
    let first = text!(600, "{}/trailers", config::text::<512>("first")?);
    code("first", http::Request::new("POST", &first).http2().send());
    Ok(healthy!("framed"))
}
