//! Names that lead elsewhere later, in a network of the test's own: its hosts file is the resolver, and private and public
//! addresses are this computer. Nobody outside sees a packet.

#![cfg(target_os = "linux")]

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::process::Command;

use crate::support::Core;
use api::ErrorCode;
use serde_json::{Value, json};
use testkit::fake::{Fake, Running, SignIn};

/// Names the hosts file to the part that runs inside.
const HOSTS: &str = "MCP_DISCOVERY_TEST_HOSTS";

const PRIVATE: Ipv4Addr = Ipv4Addr::new(10, 99, 0, 1);
/// From the range for documentation: public by every rule, and nobody's.
const PUBLIC: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 7);

/// Runs an ignored test of this file where loopback has private and public addresses more and the hosts file is ours.
fn in_a_network_of_its_own(test: &str) {
    let folder = tempfile::tempdir().unwrap();
    let hosts = folder.path().join("hosts");
    std::fs::write(&hosts, "").unwrap();
    let script = r#"
        set -e
        ip link set lo up
        ip address add 10.99.0.1/32 dev lo
        ip address add 10.99.0.2/32 dev lo
        ip address add 203.0.113.7/32 dev lo
        mount --bind "$0" /etc/hosts
        exec "$1" --exact "$2" --nocapture --ignored
    "#;
    // As root no user namespace is needed, and in a chroot none can be made.
    let works = |option: &&str| {
        Command::new("unshare").args([option, "true"]).status().is_ok_and(|status| status.success())
    };
    let options = ["-nm", "-rnm"].into_iter().find(works).expect("a network namespace can be made");
    let inside = Command::new("unshare")
        .args([options, "sh", "-c", script])
        .arg(&hosts)
        .arg(std::env::current_exe().unwrap())
        .arg(format!("rebinding::{test}"))
        .env(HOSTS, &hosts)
        .output()
        .unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&inside.stdout), String::from_utf8_lossy(&inside.stderr));
    assert!(inside.status.success() && said.contains("1 passed"), "{said}");
}

/// The resolver of the part inside; none when that was not started by its test.
struct Hosts(PathBuf);

impl Hosts {
    fn here() -> Option<Self> {
        std::env::var_os(HOSTS).map(|file| Self(file.into()))
    }

    /// From now on `name` leads to these.
    fn lead(&self, name: &str, to: &[&str]) {
        let lines: Vec<String> = to.iter().map(|ip| format!("{ip} {name}\n")).collect();
        std::fs::write(&self.0, lines.concat()).unwrap();
    }
}

async fn server_on(ip: impl Into<IpAddr>, port: u16) -> Running {
    Fake::both().on(ip).on_port(port).start().await
}

const CALL: &str = r#"{"capability": "echo", "arguments": {"text": "x"}, "server": "weather"}"#;

fn call() -> Value {
    serde_json::from_str(CALL).unwrap()
}

#[test]
fn a_name_that_leads_farther_than_it_did_gets_nothing() {
    in_a_network_of_its_own("inside_a_name_leads_farther");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs inside the network of the test above"]
async fn inside_a_name_leads_farther() {
    let Some(hosts) = Hosts::here() else { return };
    hosts.lead("weather.test", &["127.0.0.1"]);
    let near = Fake::both().sign_in(SignIn::Token("s3cret".to_owned())).start().await;
    let port = near.address().port();
    let traps = [server_on(PRIVATE, port).await, server_on(PUBLIC, port).await];
    // Rounds go on by themselves while names move.
    let core = Core::configured("health_monitoring:\n  check_interval: 1\n  timeout: 1\n").await;
    let add = json!({
        "url": format!("http://weather.test:{port}"), "name": "weather", "token": "s3cret", "token_place": "file",
    });
    let added = core.perform("add", add).await;
    assert_eq!(added["server"]["health"]["status"], "healthy", "{added}");

    let (private, public) = (PRIVATE.to_string(), PUBLIC.to_string());
    for (to, words) in [
        (&[private.as_str()][..], "now leads to 10.99.0.1"),
        (&[public.as_str()], "now leads to 203.0.113.7"),
        (&["127.0.0.1", &public], "both private and public"),
    ] {
        hosts.lead("weather.test", to);
        let health = core.check("weather").await;
        let reason = health["reason"].as_str().unwrap_or_default();
        assert!(reason.contains(words), "{to:?}: {health}");
        let error = core.refused("call", call()).await;
        assert!(matches!(error.code, ErrorCode::Forbidden | ErrorCode::TransportFailed), "{error:?}");
        assert!(error.message.contains(words), "{error}");
        let header = json!({ "id": "weather", "headers": { "X-A": "b" }, "token_place": "file" });
        let error = core.refused("edit", header).await;
        assert!(error.message.contains(words), "{error}");
        rounds(&core, 2).await;
        for trap in &traps {
            assert!(trap.seen().is_empty(), "{to:?}: {:#?}", trap.seen());
        }
        hosts.lead("weather.test", &["127.0.0.1"]);
        assert_eq!(core.check("weather").await["status"], "healthy", "it is asked again where it was");
    }
    core.app.shutdown().await;
}

/// Waits until this many periodic rounds were made.
async fn rounds(core: &Core, wanted: usize) {
    let mut seen = std::collections::BTreeSet::new();
    while seen.len() <= wanted {
        let report = core.perform("health", json!({})).await;
        seen.insert(report["servers"][0]["last_check"].as_i64());
        tokio::task::yield_now().await;
    }
}

#[test]
fn of_two_addresses_the_one_that_was_checked_is_used_and_no_other() {
    in_a_network_of_its_own("inside_a_name_has_two_addresses");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs inside the network of the test above"]
async fn inside_a_name_has_two_addresses() {
    let Some(hosts) = Hosts::here() else { return };
    for (first, second) in
        [("127.0.0.2", "127.0.0.3"), ("127.0.0.2", "10.99.0.1"), ("10.99.0.1", "10.99.0.2")]
    {
        hosts.lead("weather.test", &[first, second]);
        let one = Fake::both().on(first.parse::<IpAddr>().unwrap()).start().await;
        let port = one.address().port();
        let two = server_on(second.parse::<IpAddr>().unwrap(), port).await;
        let core = Core::start().await;
        let url = format!("http://weather.test:{port}");
        core.perform("add", json!({ "url": url, "name": "weather" })).await;
        core.perform("call", call()).await;
        assert_eq!(core.check("weather").await["status"], "healthy");
        assert!(one.seen().len() > 3 && two.seen().is_empty(), "{:#?}", two.seen());
        // The address that was looked up is silent now: the other one is not tried behind anybody's back.
        one.stop().await;
        assert_eq!(core.refused("call", call()).await.code, ErrorCode::TransportFailed);
        core.check("weather").await;
        assert!(two.seen().is_empty(), "{:#?}", two.seen());
        core.app.shutdown().await;
    }
}
