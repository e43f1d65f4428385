//! The plugin postgres; plugin.hcl describes it. PostgreSQL's manual, "The
//! Cumulative Statistics System", describes the views.
#![no_std]

use core::str::FromStr;
use vega::{config, degraded, detail, healthy, metric, millis, now, since, sql, unhealthy, Error, Kind, OrFailed, Probed, Text};

vega::probes! { "server" => server }

/// One row. An ordinary user can see that another user's session exists, and
/// nothing else about it; numbackends counts it too.
const LOOK: &str = "SELECT pg_is_in_recovery()::int::text, current_setting('server_version'), \
current_setting('max_connections'), \
(SELECT coalesce(sum(numbackends), 0)::text FROM pg_stat_database), \
(SELECT coalesce(floor(extract(epoch FROM max(now() - xact_start))), 0)::bigint::text FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()), \
(SELECT count(*)::text FROM pg_stat_activity WHERE query = '<insufficient privilege>')";

/// How far the standbys of a primary are behind, in seconds, how many there are,
/// and of how many an ordinary user sees nothing else.
const STANDBYS: &str = "SELECT count(*)::text, coalesce(floor(extract(epoch FROM max(replay_lag))), 0)::bigint::text, count(*) filter (WHERE state IS NULL)::text FROM pg_stat_replication";

/// How far a standby is behind: zero if it has replayed everything it received.
const BEHIND: &str = "SELECT CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0 \
ELSE coalesce(floor(extract(epoch FROM now() - pg_last_xact_replay_timestamp())), 0) END::bigint::text, \
(SELECT count(*)::text FROM pg_stat_wal_receiver)";

fn server() -> Probed {
    let name: Text<64> = config::text("database")?;
    let mut who: Text<80> = Text::new();
    who.push_str("database.");
    who.push_str(name.trim_start_matches("database."));
    let role: Text<16> = config::text("role")?;
    let began = now();
    let row = first::<6>(&name, LOOK).or_failed(&who)?;
    millis("response_time", since(began));
    let [standby, version, allowed, used, transaction, unseen] = &row;
    detail("version", version);
    let (standby, allowed, used) = (standby.as_str() == "1", number(allowed), number(used));
    let (transaction, unseen) = (number(transaction), number(unseen));
    metric("connections", used as f64, "");
    metric("connections_used", percent(used, allowed), "%");
    metric("longest_transaction", transaction as f64, "s");
    if unseen > 0 {
        detail("not_seen", vega::text!(160, "the transactions of {unseen} sessions: grant pg_monitor to the user of {who}"));
    }
    let is = if standby { "standby" } else { "primary" };
    detail("role", is);
    if role.as_str() != "any" && role.as_str() != is {
        return Ok(unhealthy!("{who} is a {is}, and should be a {role}; check whether a failover happened, and where the other server is"));
    }

    let mut hidden = 0;
    let lag = if standby {
        let [behind, receivers] = &first::<2>(&name, BEHIND).or_failed(&who)?;
        if number(receivers) == 0 {
            return Ok(unhealthy!("{who} is a standby that receives nothing from a primary; check its primary_conninfo, and the primary"));
        }
        number(behind)
    } else {
        let [standbys, behind, unknown] = &first::<3>(&name, STANDBYS).or_failed(&who)?;
        metric("standbys", number(standbys) as f64, "");
        hidden = number(unknown);
        number(behind)
    };
    if hidden > 0 {
        detail("lag_not_seen", vega::text!(160, "of {hidden} standbys: grant pg_monitor to the user of {who}"));
    } else {
        metric("replication_lag", lag as f64, "s");
    }

    let (most, longest, furthest) = (config::number("max_connections")?, config::duration("max_transaction")?, config::duration("max_lag")?);
    if percent(used, allowed) > most {
        return Ok(degraded!("{used} of the {allowed} connections that {who} allows are in use, more than {most:.0} %; close idle ones, or put a connection pool in front of it"));
    }
    if transaction as u64 > longest.as_secs() {
        return Ok(degraded!("a transaction on {who} has been open for {transaction} s, longer than {} s; see pg_stat_activity, and end it with pg_terminate_backend", longest.as_secs()));
    }
    if lag as u64 > furthest.as_secs() {
        let whose = if standby { "it is a standby that" } else { "one of its standbys" };
        return Ok(degraded!("replication of {who} lags: {whose} is {lag} s behind, more than {} s; check the network and disks between them", furthest.as_secs()));
    }
    Ok(healthy!("PostgreSQL {version} at {who}, a {is}: {used} of {allowed} connections, longest transaction {transaction} s"))
}

/// Returns the columns of the first row, "" for NULL.
fn first<const N: usize>(database: &str, query: &str) -> Result<[Text<120>; N], Error> {
    let mut rows = sql::query(database, query)?;
    let mut out = [(); N].map(|()| Text::new());
    if rows.advance()? {
        for (i, column) in out.iter_mut().enumerate() {
            match rows.column(i) {
                Ok(text) => *column = text,
                Err(e) if e.kind() == Kind::NotSet => {}
                Err(e) => return Err(e),
            }
        }
    }
    Ok(out)
}

/// Returns a count or a number of seconds, which are not negative: a transaction
/// that began after the query, or on a server whose clock is ahead, began now.
fn number(text: &str) -> i64 {
    i64::from_str(text).unwrap_or(0).max(0)
}

fn percent(part: i64, whole: i64) -> f64 {
    if whole > 0 {
        part as f64 * 100.0 / whole as f64
    } else {
        0.0
    }
}
