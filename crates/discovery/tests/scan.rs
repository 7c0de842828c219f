//! A scan of a loopback range: every real server is found, no decoy is, nothing is left behind.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use discovery::scan::{Caps, Found, PortSet, ProbePlan, Run, run};
use futures::StreamExt;
use mcp::ProbeOptions;
use model::{Outcome, ScanRow};
use testkit::decoy::Decoy;
use testkit::fake::{Fake, SignIn};
use testkit::real::{Peer, RealServer};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The range that the tests of this file scan; each server gets an address of its own in it.
fn host(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 40, last)
}

async fn scan(ports: impl IntoIterator<Item = u16>, cancel: CancellationToken) -> Vec<Found> {
    let ports: Vec<String> = ports.into_iter().map(|port| port.to_string()).collect();
    let plan = ProbePlan::read(&["127.0.40.0/27"], PortSet::parse(&ports).unwrap()).await.unwrap();
    let options = ProbeOptions::default();
    let tasks = options.tasks.clone();
    let found = run(plan, Run { options, cancel, caps: Caps::default() }).collect().await;
    tasks.close();
    tasks.wait().await;
    found
}

/// The address in a row's URL; the test uses no names.
fn at(row: &ScanRow) -> SocketAddr {
    let authority = row.url.split('/').nth(2).unwrap();
    authority.parse().unwrap()
}

/// Eight real servers that bind one address each, and two that bind all.
async fn real_servers() -> (Vec<RealServer>, Vec<RealServer>) {
    let peers = [Peer::FastMcp4, Peer::Mcp2, Peer::Mcp1];
    let mut own = Vec::new();
    for (at, peer) in (1_u8..).zip(peers) {
        own.push(peer.http_on(host(at)).await.unwrap());
        own.push(peer.sse_on(host(at + 3)).await.unwrap());
    }
    own.push(Peer::FastMcp4.http_on(host(7)).await.unwrap());
    own.push(Peer::Mcp1.http_on(host(8)).await.unwrap());
    let everywhere = vec![Peer::Everything.http().await.unwrap(), Peer::Everything.sse().await.unwrap()];
    (own, everywhere)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_server_is_found_and_no_decoy() {
    let (own, everywhere) = real_servers().await;
    let fakes = [
        Fake::legacy().on(host(11)).start().await,
        Fake::modern().on(host(12)).start().await,
        Fake::both().on(host(13)).start().await,
        Fake::sse().on(host(14)).start().await,
        Fake::legacy().on(host(15)).opening_sessions_for_everything().start().await,
    ];
    let locked = Fake::modern().on(host(16)).sign_in(SignIn::BearerWithDocument).start().await;
    let mut decoys = Vec::new();
    for (last, decoy) in (17_u8..).zip(Decoy::ALL) {
        decoys.push(decoy.clone().start_on(host(17 + last % 14).into()).await);
    }
    assert!(decoys.len() >= 12, "{}", decoys.len());

    let ports: BTreeSet<u16> = own
        .iter()
        .chain(&everywhere)
        .map(|server| server.address.port())
        .chain(fakes.iter().map(|fake| fake.address().port()))
        .chain([locked.address().port()])
        .chain(decoys.iter().map(|decoy| decoy.address().port()))
        .collect();
    let budget = ProbeOptions::default().budget;
    let started = Instant::now();
    let found = scan(ports, CancellationToken::new()).await;
    let took = started.elapsed();

    let rows: Vec<ScanRow> = found.iter().filter_map(|step| step.row.clone()).collect();
    let mut servers: Vec<SocketAddr> =
        rows.iter().filter(|row| row.outcome == Outcome::Mcp).map(at).collect();
    servers.sort_unstable();
    let all_hosts = (1..=30).map(|last| IpAddr::from(host(last)));
    let mut expected: Vec<SocketAddr> = own.iter().map(|server| server.address).collect();
    expected.extend(fakes.iter().map(testkit::fake::Running::address));
    expected.extend(
        all_hosts
            .flat_map(|ip| everywhere.iter().map(move |server| SocketAddr::new(ip, server.address.port()))),
    );
    expected.sort_unstable();
    assert_eq!(servers, expected, "one row per address and server, and no decoy");

    let sign_in: Vec<SocketAddr> =
        rows.iter().filter(|row| row.outcome == Outcome::NeedsSignIn).map(at).collect();
    assert_eq!(sign_in, [locked.address()]);
    for row in rows.iter().filter(|row| row.outcome != Outcome::Mcp) {
        assert!(row.reason.is_some(), "{row:?} has no reason");
    }
    for fake in fakes.iter().chain([&locked]) {
        fake.until("every session is deleted", |fake| fake.open_sessions() == 0).await;
        assert!(fake.calls().is_empty(), "a scan called {:?}", fake.calls());
    }
    println!(
        "{} servers, {} decoys, {} probes in {took:?}; budget of one port {budget:?}",
        servers.len(),
        decoys.len(),
        found.len()
    );
    assert!(took < 3 * budget, "a tarpit held the scan for {took:?}");
}

#[tokio::test]
async fn localhost_is_found_at_either_address_and_once() {
    let only_six = Fake::modern().on(Ipv6Addr::LOCALHOST).start().await;
    let both = Fake::modern().start().await;
    let ports = [only_six.address().port(), both.address().port()].map(|port| port.to_string());
    let plan = ProbePlan::read(&["localhost"], PortSet::parse(&ports).unwrap()).await.unwrap();
    let how =
        Run { options: ProbeOptions::default(), cancel: CancellationToken::new(), caps: Caps::default() };
    let found: Vec<ScanRow> = run(plan, how).filter_map(|step| std::future::ready(step.row)).collect().await;
    let mut urls: Vec<&str> = found.iter().map(|row| row.url.as_str()).collect();
    urls.sort_unstable();
    let mut expected: Vec<String> = ports.iter().map(|port| format!("http://localhost:{port}/mcp")).collect();
    expected.sort();
    assert_eq!(urls, expected, "{found:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_scan_ends_at_once_and_keeps_its_rows() {
    let server = Fake::both().on(host(1)).start().await;
    let tarpit = Decoy::Mute.start_on(host(2).into()).await;
    let ports = [server.address().port(), tarpit.address().port()].map(|port| port.to_string());
    let plan = ProbePlan::read(&["127.0.40.0/27"], PortSet::parse(&ports).unwrap()).await.unwrap();
    let cancel = CancellationToken::new();
    let options = ProbeOptions { budget: Duration::from_mins(1), ..ProbeOptions::default() };
    let mut steps = Box::pin(run(plan, Run { options, cancel: cancel.clone(), caps: Caps::default() }));
    let mut rows = 0;
    // All but the tarpit are over soon.
    while rows == 0 {
        rows += usize::from(steps.next().await.expect("the scan goes on").row.is_some());
    }
    cancel.cancel();
    let started = Instant::now();
    while steps.next().await.is_some() {}
    assert!(started.elapsed() < Duration::from_millis(300), "{:?}", started.elapsed());
    assert_eq!(rows, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_keeps_the_scan_waiting_is_counted_for_as_long_as_it_does() {
    let server = Fake::both().on(host(3)).start().await;
    let tarpit = Decoy::Mute.start_on(host(4).into()).await;
    let ports = [server.address().port(), tarpit.address().port()].map(|port| port.to_string());
    let plan = ProbePlan::read(&["127.0.40.3", "127.0.40.4"], PortSet::parse(&ports).unwrap()).await.unwrap();
    let options = ProbeOptions { budget: Duration::from_secs(3), ..ProbeOptions::default() };
    let mut slow = options.slow.watch();
    let how = Run { options, cancel: CancellationToken::new(), caps: Caps::default() };
    let scan = run(plan, how).collect::<Vec<_>>();
    let seen = async {
        slow.wait_for(|slow| *slow == 1).await.expect("it is counted");
        slow.wait_for(|slow| *slow == 0).await.expect("it is over");
    };
    let (found, ()) = tokio::join!(scan, seen);
    assert_eq!(found.len(), 4);
}
