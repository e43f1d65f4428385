//! In a process of its own, because it uses up all outcomes.

use vega::{healthy, Outcome, Status};

#[test]
fn a_probe_keeps_32_outcomes_and_no_more() {
    let mut kept: Vec<Outcome> = (0..32).map(|i| healthy!("{i}")).collect();
    for (i, outcome) in kept.iter().enumerate() {
        assert_eq!(outcome.message(), i.to_string());
    }
    let more = std::panic::catch_unwind(|| healthy!("more"));
    assert!(more.is_err());
    drop(kept.remove(7));
    let other = Outcome::new(Status::Unknown, "ö".repeat(600));
    assert_eq!(other.message(), "ö".repeat(510) + "…");
    assert_eq!(kept[7].message(), "8");
}
