//! What is not MCP is not taken for it, and holds nobody longer than the budget.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

mod support;

use std::time::Duration;

use mcp::{Depth, ProbeOptions};
use model::Outcome;
use support::scan_with;
use testkit::decoy::Decoy;
use tokio::task::JoinSet;
use tokio::time::Instant;

#[tokio::test]
async fn no_decoy_is_mcp_and_none_holds_longer_than_its_budget() {
    let budget = Duration::from_millis(1500);
    let mut probes = JoinSet::new();
    for decoy in Decoy::ALL {
        probes.spawn(async move {
            let port = decoy.clone().start().await;
            let options =
                ProbeOptions { budget, exchange: budget, depth: Depth::Deep, ..ProbeOptions::default() };
            let started = Instant::now();
            let report =
                mcp::probe(&mcp::ProbeTarget::new(port.address().ip(), port.address().port()), &options)
                    .await;
            (decoy, report, started.elapsed())
        });
    }
    let done = probes.join_all().await;
    assert_eq!(done.len(), Decoy::ALL.len());
    for (decoy, report, took) in done {
        println!(
            "{decoy:?}: {:?}, {:.0} ms, {}",
            report.outcome,
            took.as_secs_f64() * 1e3,
            report.reason.clone().unwrap()
        );
        // Whoever requires authentication wherever MCP servers usually are may be one.
        let may_be_one = matches!(decoy, Decoy::Basic) && report.outcome == Outcome::Probable;
        let is_none = matches!(report.outcome, Outcome::NotMcp | Outcome::Incomplete);
        assert!(is_none || may_be_one, "{decoy:?}: {report:#?}");
        assert!(report.open, "{decoy:?}");
        // A busy machine may be late; a tarpit that was waited for would take for ever.
        assert!(took < budget + Duration::from_millis(700), "{decoy:?} took {took:?}");
    }
}

#[tokio::test]
async fn a_port_that_speaks_first_hears_nothing_from_us() {
    let port = Decoy::Banner.start().await;
    let report = scan_with(port.address(), &ProbeOptions::default()).await;
    assert_eq!(report.reason.unwrap(), "it is not HTTP: it speaks first and says `SSH-2.0-OpenSSH_9.9`");
    assert_eq!(port.connections(), 1);
}

#[tokio::test]
async fn a_mute_port_is_given_up_after_one_exchange() {
    let port = Decoy::Mute.start().await;
    let options = ProbeOptions { exchange: Duration::from_millis(300), ..ProbeOptions::default() };
    let report = scan_with(port.address(), &options).await;
    assert_eq!(report.reason.unwrap(), "it accepts connections and says nothing");
    assert_eq!(port.connections(), 1);
}
