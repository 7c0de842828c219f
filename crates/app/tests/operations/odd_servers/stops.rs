//! A core that stops in the middle of something leaves nothing behind: no session, no stream, no child.

use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};
use testkit::fake::{Fake, Fault, Running};
use tokio::time::{sleep, timeout};

use super::trial::{Trial, over, row};
use crate::support::Core;

const QUIET: &str = "health_monitoring:\n  check_interval: 600\n";
/// How long an answer takes: long enough to stop in the middle of it.
const SLOW: f64 = 0.3;

/// Servers that take their time for this method.
fn slow(method: &str, many: usize) -> Vec<Value> {
    (0..many).map(|place| row(&format!("slow-{place}"), json!({ method: { "delay": SLOW } }))).collect()
}

impl Trial {
    /// Begins `what` with every server at once, stops when each has heard `method` once more, and says which sessions stay.
    async fn stopped(self, what: &str, method: &str) -> Vec<String> {
        let names: Vec<String> = self.rows().map(|(name, _)| name.to_owned()).collect();
        let mut before = Vec::new();
        for name in &names {
            before.push(self.odd.seen(name).await.count(method));
        }
        let begun = names.iter().map(|name| {
            let args = match what {
                "check" => json!({ "id": name }),
                "add" => self.address(self.rows().find(|(other, _)| other == name).unwrap().1),
                _ => json!({ "capability": "echo", "server": name }),
            };
            self.core.app.perform(what, args)
        });
        let stop = async {
            for (name, before) in names.iter().zip(before) {
                while self.odd.seen(name).await.count(method) == before {
                    sleep(Duration::from_millis(5)).await;
                }
            }
            self.core.app.shutdown().await;
            self.left().await
        };
        tokio::join!(join_all(begun), stop).1
    }

    async fn add_all(&self) {
        join_all(self.rows().map(|(_, row)| self.core.perform("add", self.address(row)))).await;
    }

    async fn left(&self) -> Vec<String> {
        let mut left = Vec::new();
        for (name, _) in self.rows() {
            let seen = self.odd.seen(name).await;
            if seen.sessions > 0 {
                left.push(format!("{name}: {} of {}", seen.sessions, seen.count("initialize")));
            }
        }
        left
    }
}

#[tokio::test]
async fn in_a_round_of_several_servers() {
    for method in ["initialize", "notifications/initialized", "tools/list"] {
        let slow_at = if method == "tools/list" { method } else { "initialize" };
        let trial = Trial::of(slow(slow_at, 4)).await;
        trial.add_all().await;
        assert_eq!(trial.stopped("check", method).await, [""; 0], "at {method}");
    }
}

#[tokio::test]
async fn in_a_later_round() {
    let trial = Trial::of(slow("tools/list", 4)).await;
    trial.add_all().await;
    let names: Vec<&str> = trial.rows().map(|(name, _)| name).collect();
    join_all(names.iter().map(|name| trial.core.check(name))).await;
    assert_eq!(trial.stopped("check", "tools/list").await, [""; 0]);
}

#[tokio::test]
async fn in_the_first_words_with_a_server() {
    for method in ["server/discover", "initialize", "tools/list", "prompts/list"] {
        let trial = Trial::of(slow(method, 3)).await;
        for (_, row) in trial.rows() {
            let mut address = trial.address(row);
            address["no_probe"] = json!(true);
            trial.core.perform("add", address).await;
        }
        assert_eq!(trial.stopped("check", method).await, [""; 0], "at {method}");
    }
}

#[tokio::test]
async fn while_somebody_adds_servers() {
    for method in ["initialize", "tools/list"] {
        let trial = Trial::of(slow(method, 3)).await;
        assert_eq!(trial.stopped("add", method).await, [""; 0], "at {method}");
    }
}

#[tokio::test]
async fn while_a_scan_meets_servers() {
    for method in ["initialize", "tools/list"] {
        let trial = Trial::of(slow(method, 3)).await;
        let ports: Vec<String> =
            trial.rows().map(|(name, _)| trial.odd.port(name).unwrap().to_string()).collect();
        trial.core.perform("scan_start", json!({ "targets": ["127.0.0.1"], "ports": ports })).await;
        let is_asked = async {
            while trial.odd.seen("slow-0").await.count(method) == 0 {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(10), is_asked).await.unwrap();
        trial.core.app.shutdown().await;
        assert_eq!(trial.left().await, [""; 0], "at {method}");
    }
}

#[tokio::test]
async fn in_calls_and_their_handshakes() {
    for method in ["initialize", "tools/call"] {
        let trial = Trial::of(slow(method, 3)).await;
        trial.add_all().await;
        assert_eq!(trial.stopped("call", method).await, [""; 0], "at {method}");
    }
}

#[tokio::test]
async fn with_event_streams() {
    let slow = Fault::Slow(Duration::from_secs_f64(SLOW));
    for method in ["initialize", "tools/list"] {
        let core = Core::configured(QUIET).await;
        let mut fakes: Vec<Running> = Vec::new();
        for _ in 0..3 {
            fakes.push(Fake::sse().failing(slow.clone(), method).start().await);
        }
        let named =
            |(place, fake): (usize, &Running)| json!({ "url": fake.url(), "name": format!("sse-{place}") });
        join_all(fakes.iter().enumerate().map(named).map(|args| core.perform("add", args))).await;
        let asked = |fake: &Running| {
            fake.seen().iter().filter(|seen| seen.rpc_method.as_deref() == Some(method)).count()
        };
        let before: Vec<usize> = fakes.iter().map(asked).collect();
        let checks = (0..3).map(|place| core.app.perform("check", json!({ "id": format!("sse-{place}") })));
        let stop = async {
            for (fake, before) in fakes.iter().zip(before) {
                fake.until("it is asked", |fake| asked(fake) > before).await;
            }
            core.app.shutdown().await;
            // A stream ends when its server notices.
            for fake in &fakes {
                fake.until(&format!("its stream ends, at {method}"), |fake| fake.open_sessions() == 0).await;
            }
        };
        tokio::join!(join_all(checks), stop);
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn with_children() {
    for method in ["initialize", "tools/list"] {
        let rows = (0..3).map(|place| {
            over("stdio", "legacy", &format!("child-{place}"), json!({ method: { "delay": SLOW } }))
        });
        let trial = Trial::of(rows.collect()).await;
        for (_, row) in trial.rows() {
            let mut address = trial.address(row);
            address["no_probe"] = json!(true);
            trial.core.perform("add", address).await;
        }
        let folder = trial.folder();
        let checks = trial.rows().map(|(name, _)| trial.core.app.perform("check", json!({ "id": name })));
        let stop = async {
            while children_of(&folder) < 3 {
                sleep(Duration::from_millis(5)).await;
            }
            trial.core.app.shutdown().await;
            assert_eq!(children_of(&folder), 0, "at {method}");
        };
        tokio::join!(join_all(checks), stop);
    }
}

/// How many processes serve a row of this folder over their standard input.
#[cfg(target_os = "linux")]
fn children_of(folder: &std::path::Path) -> usize {
    let folder = folder.to_string_lossy();
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    let lines = lines.map(|line| String::from_utf8_lossy(&line).into_owned());
    lines.filter(|line| line.contains("\0stdio\0") && line.contains(&*folder)).count()
}
