//! The configuration's file while the core runs: edited, replaced, broken, taken away.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use app::{App, Options, OwnerKind, StartError};
use futures::{Stream, StreamExt};
use model::config::{Config, RegistryBackend, Seconds};
use model::{Activity, Event, EventBatch, Notice, NoticeLevel};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::watch::Receiver;

/// The guide's file, as the guide prints it.
const GUIDE: &str = include_str!("../../../model/examples/guide.yaml");

const GENEROUS: Duration = Duration::from_mins(1);

/// A core whose configuration is followed.
struct Core {
    app: App,
    config: Receiver<Arc<Config>>,
    events: Pin<Box<dyn Stream<Item = EventBatch> + Send>>,
    /// Notices that came and were not asked for yet.
    waiting: Vec<Notice>,
    /// The sections of each change that was told.
    told: Vec<Vec<String>>,
    dir: TempDir,
}

fn options(dir: &TempDir) -> Options {
    let config = Some(dir.path().join("mcp-discovery.yaml"));
    Options { data_dir: Some(dir.path().join("data")), config, face: OwnerKind::Serve, mends_config: false }
}

impl Core {
    async fn start(text: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("mcp-discovery.yaml"), text).unwrap();
        let app = App::start(options(&dir)).await.unwrap();
        let (config, events) = (app.live_config(), Box::pin(app.events()));
        Self { app, config, events, waiting: Vec::new(), told: Vec::new(), dir }
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("mcp-discovery.yaml")
    }

    fn write(&self, text: &str) {
        std::fs::write(self.file(), text).unwrap();
    }

    /// As most editors save: a new file takes the name of the old one.
    fn replace(&self, text: &str) {
        let new = self.dir.path().join(".mcp-discovery.yaml.swp");
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, self.file()).unwrap();
    }

    async fn changed(&mut self) -> Arc<Config> {
        tokio::time::timeout(GENEROUS, self.config.changed()).await.expect("it changes").unwrap();
        self.config.borrow_and_update().clone()
    }

    async fn notice(&mut self) -> Notice {
        while self.waiting.is_empty() {
            let batch = tokio::time::timeout(GENEROUS, self.events.next()).await.expect("a notice").unwrap();
            for event in batch.events {
                match event {
                    Event::Activity(Activity::Notice { notice }) => self.waiting.push(notice),
                    Event::Activity(Activity::ConfigChanged { sections }) => self.told.push(sections),
                    _ => {}
                }
            }
        }
        self.waiting.remove(0)
    }

    async fn status(&self) -> Value {
        self.ask("config").await
    }

    async fn ask(&self, operation: &str) -> Value {
        serde_json::from_str(self.app.perform(operation, json!({})).await.unwrap().get()).unwrap()
    }
}

fn has(notice: &Notice, words: &[&str]) {
    for word in words {
        assert!(notice.text.contains(word), "`{word}` is not in: {}", notice.text);
    }
}

#[tokio::test]
async fn the_guides_file_loads_as_it_stands() {
    let core = Core::start(GUIDE).await;
    let config = core.app.live_config().borrow().clone();
    assert_eq!(config.service_registry.backend, RegistryBackend::File);
    assert_eq!(config.health_monitoring.check_interval, Seconds(30.0));
    assert_eq!(config.routing_rules.len(), 2);
    let status = core.status().await;
    assert_eq!(status["file"], core.file().to_str().unwrap());
    assert_eq!(status["text"], GUIDE);
    let problems = status["problems"].as_array().unwrap();
    let idle = ["service_registry", "network_discovery"];
    assert!(problems.iter().map(|problem| &problem["path"]).eq(&idle), "{status}");
    assert!(problems.iter().all(|problem| problem["severity"] == "no_effect"), "{status}");
    assert_eq!(status["effective"]["service_registry"]["config"]["registry_file"], "/etc/mcp/servers.json");
    assert_eq!(status["effective"]["health_monitoring"]["min_successes"], 1, "defaults are shown");
    let notices = core.ask("status").await["notices"].clone();
    let text = notices[0]["text"].as_str().unwrap();
    assert!(text.contains("no effect yet: `service_registry`, `network_discovery`"), "{text}");
    assert_eq!(notices.as_array().unwrap().len(), 1, "one for all of them");
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_change_is_applied_and_its_sections_are_named() {
    let mut core = Core::start(GUIDE).await;
    let before = core.status().await["loaded_at"].as_i64().unwrap();
    core.write(&GUIDE.replace("check_interval: 30", "check_interval: 40"));
    assert_eq!(core.changed().await.health_monitoring.check_interval, Seconds(40.0));
    let notice = core.notice().await;
    has(
        &notice,
        &[
            "mcp-discovery.yaml",
            "read again",
            "`health_monitoring` changed",
            "no effect yet: `service_registry`",
        ],
    );
    assert!(core.status().await["loaded_at"].as_i64().unwrap() > before);

    core.write(&format!("{GUIDE}gateway:\n  listen: 127.0.0.1:8091\nhealth_monitorin: 1\n"));
    assert_eq!(core.changed().await.gateway.listen.port(), 8091);
    let notice = core.notice().await;
    assert_eq!(notice.level, NoticeLevel::Warning);
    has(
        &notice,
        &["`health_monitoring`, `gateway` changed", "`gateway.listen` takes effect at the next start"],
    );
    has(&notice, &[":44:1: warning", "did you mean `health_monitoring`"]);
    assert_eq!(core.told, [vec!["health_monitoring"], vec!["health_monitoring", "gateway"]]);
    core.write("health_monitoring: [");
    core.notice().await;
    assert_eq!(
        core.told.last(),
        Some(&Vec::new()),
        "what is in use stays, and what is said of the file is new"
    );
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_comment_wakes_nobody() {
    let mut core = Core::start(GUIDE).await;
    core.write(&format!("# mine\n{GUIDE}"));
    has(&core.notice().await, &["read again: no setting changed"]);
    assert!(!core.config.has_changed().unwrap());
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_broken_change_keeps_what_runs_and_names_every_problem() {
    let mut core = Core::start(GUIDE).await;
    let broken = GUIDE
        .replace("scan_interval: 60", "scan_interval: soon")
        .replace("192.168.1.0/24", "192.168.1.0/33")
        .replace("timeout: 10\n", "timeout: 40\n")
        .replace("max_failures", "max_failure");
    core.write(&broken);
    let notice = core.notice().await;
    assert_eq!(notice.level, NoticeLevel::Warning);
    let file = core.file().display().to_string();
    has(&notice, &[&file, "3 errors", "stays in use"]);
    for (place, path, remedy) in [
        ("12:18", "network_discovery.scan_interval", "write one such as `scan_interval: "),
        ("14:7", "network_discovery.networks[0]", "write one such as"),
        ("20:12", "health_monitoring.timeout", "lower `timeout`"),
        ("21:3", "health_monitoring.max_failure", "did you mean `max_failures`"),
    ] {
        let line = notice.text.lines().find(|line| line.starts_with(&format!("{file}:{place}: "))).unwrap();
        assert!(line.contains(path) && line.contains(remedy), "{line}");
    }
    assert!(!core.config.has_changed().unwrap());
    let status = core.status().await;
    assert_eq!(status["problems"].as_array().unwrap().len(), 4, "{status}");
    assert_eq!(status["problems"][2]["line"], 20);
    assert_eq!(status["text"], broken);
    assert_eq!(status["effective"]["health_monitoring"]["timeout"], 10.0);

    // The same content once more, as another file with another time: nothing new, so the next notice is of the repair.
    core.replace(&broken);
    core.write(&GUIDE.replace("max_failures: 3", "max_failures: 4"));
    assert_eq!(core.changed().await.health_monitoring.max_failures, 4);
    has(&core.notice().await, &["read again: `health_monitoring` changed"]);
    let problems = core.status().await["problems"].clone();
    assert!(
        problems.as_array().unwrap().iter().all(|problem| problem["severity"] == "no_effect"),
        "{problems}"
    );
    core.app.shutdown().await;
}

#[tokio::test]
async fn broken_in_every_way_the_running_configuration_stays() {
    let bomb = (1..12).fold("a0: &a0 [x]\n".to_owned(), |text, i| {
        let aliases = vec![format!("*a{}", i - 1); 9].join(", ");
        format!("{text}a{i}: &a{i} [{aliases}]\n")
    });
    let mut core = Core::start(GUIDE).await;
    let running = core.config.borrow().clone();
    for (broken, place, words) in [
        (GUIDE.replace("enabled: true\n  scan", "enabled: 1\n  scan"), "10:12", "write `enabled: true`"),
        (GUIDE.replace("timeout: 10\n", "timeout: 10\n  timeout: 20\n"), "21:3", "leave one out"),
        (GUIDE.replace("  scan_interval", "\tscan_interval"), "12:1", "use spaces"),
        (GUIDE[..GUIDE.find(", 8082").unwrap()].to_owned(), "11:15", "close the bracket"),
        (format!("{GUIDE}{bomb}"), "46:45", "without repeated anchors"),
        (format!("strict: true\n{GUIDE}surprise: 1\n"), "43:1", "unknown key"),
    ] {
        core.replace(&broken);
        let notice = core.notice().await;
        has(&notice, &["an error", "stays in use", &format!(":{place}: error: "), words]);
        assert_eq!(*core.config.borrow(), running);
    }
    std::fs::write(core.file(), b"# caf\xe9\n").unwrap();
    has(&core.notice().await, &[":1:6: error", "save the file as UTF-8"]);
    assert!(!core.config.has_changed().unwrap());
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_file_that_replaces_the_old_one_is_read() {
    let mut core = Core::start("").await;
    for count in 4..6 {
        core.replace(&format!("health_monitoring:\n  max_failures: {count}\n"));
        assert_eq!(core.changed().await.health_monitoring.max_failures, count);
    }
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_file_that_is_taken_away_and_comes_back() {
    let mut core = Core::start("health_monitoring:\n  max_failures: 4\n").await;
    std::fs::remove_file(core.file()).unwrap();
    has(&core.notice().await, &["mcp-discovery.yaml", "is gone", "stay in use"]);
    let status = core.status().await;
    assert_eq!((&status["text"], &status["problems"]), (&Value::Null, &json!([])));
    assert_eq!(status["effective"]["health_monitoring"]["max_failures"], 4);
    std::fs::create_dir(core.file()).unwrap();
    has(&core.notice().await, &["cannot be read", "stays in use"]);
    assert_eq!(core.status().await["problems"][0]["severity"], "error");
    std::fs::remove_dir(core.file()).unwrap();
    has(&core.notice().await, &["is gone"]);
    core.write("health_monitoring:\n  max_failures: 5\n");
    assert_eq!(core.changed().await.health_monitoring.max_failures, 5);
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_broken_file_at_start_is_refused_with_every_problem() {
    let dir = tempfile::tempdir().unwrap();
    let options = options(&dir);
    std::fs::write(options.config.as_ref().unwrap(), "gateway:\n  listen: nowhere\n  auth: 5\n").unwrap();
    match App::start(options).await.err() {
        Some(StartError::Config { problems, .. }) => assert_eq!(problems.len(), 2, "{problems:?}"),
        other => panic!("{other:?}"),
    }
    assert!(!dir.path().join("data").exists(), "nothing was touched");
}

#[tokio::test]
async fn secrets_are_named_and_never_shown() {
    let core = Core::start(
        "service_registry:\n  backend: redis\n  config:\n    redis_urls: [\"redis://me:hunter2@a:1\"]\n    password: ${REDIS_PASSWORD}\n",
    )
    .await;
    let effective = &core.status().await["effective"];
    assert_eq!(effective["service_registry"]["config"]["password"], "${REDIS_PASSWORD}");
    assert!(!effective.to_string().contains("hunter2"), "{effective}");
    core.app.shutdown().await;
}
