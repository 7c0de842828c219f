//! The configuration's file, edited through the operations: in use at once, told once, and nothing of anybody's is lost.

use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use api::{ApiError, ErrorCode};
use app::{App, Options, OwnerKind};
use futures::{Stream, StreamExt};
use model::config::Seconds;
use model::{Activity, Event, EventBatch};
use serde_json::{Value, json};
use tempfile::TempDir;

const GUIDE: &str = include_str!("../../../model/examples/guide.yaml");

struct Core {
    app: App,
    events: Pin<Box<dyn Stream<Item = EventBatch> + Send>>,
    dir: TempDir,
}

impl Core {
    async fn start(text: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = Some(dir.path().join("mcp-discovery.yaml"));
        std::fs::write(config.as_ref().unwrap(), text).unwrap();
        let options = Options {
            data_dir: Some(dir.path().join("data")),
            config,
            face: OwnerKind::Serve,
            mends_config: false,
        };
        let app = App::start(options).await.unwrap();
        let events = Box::pin(app.events());
        Self { app, events, dir }
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("mcp-discovery.yaml")
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.file()).unwrap()
    }

    async fn try_ask(&self, operation: &str, args: Value) -> Result<Value, ApiError> {
        let answer = self.app.perform(operation, args).await?;
        Ok(serde_json::from_str(answer.get()).unwrap())
    }

    async fn ask(&self, operation: &str, args: Value) -> Value {
        self.try_ask(operation, args).await.unwrap()
    }

    async fn set(&self, key: &str, value: Value) -> Value {
        let path: Vec<&str> = key.split('.').collect();
        self.ask(
            "config_save",
            json!({ "edits": [{ "op": "set", "path": path, "value": value }], "by": "window" }),
        )
        .await
    }

    fn check_interval(&self) -> Seconds {
        self.app.live_config().borrow().health_monitoring.check_interval
    }

    /// What was told of the configuration for so long that a change on disk would have been seen, and all that was told.
    async fn told(&mut self) -> (Vec<Vec<String>>, Vec<String>, String) {
        let (mut sections, mut notices, mut all) = (Vec::new(), Vec::new(), String::new());
        let end = tokio::time::Instant::now() + Duration::from_millis(2_500);
        while let Ok(Some(batch)) = tokio::time::timeout_at(end, self.events.next()).await {
            all += &serde_json::to_string(&batch).unwrap();
            for event in batch.events {
                match event {
                    Event::Activity(Activity::Notice { notice }) => notices.push(notice.text),
                    Event::Activity(Activity::ConfigChanged { sections: changed }) => sections.push(changed),
                    _ => {}
                }
            }
        }
        (sections, notices, all)
    }
}

#[tokio::test]
async fn a_save_is_in_use_when_it_returns_and_told_once() {
    let mut core = Core::start(GUIDE).await;
    let base = core.ask("config", json!({})).await["base"].clone();
    let edits = json!([{ "op": "set", "path": ["health_monitoring", "check_interval"], "value": 45 }]);
    let draft = core.ask("config_draft", json!({ "edits": edits, "base": base })).await;
    assert_eq!((&draft["valid"], &draft["sections"]), (&json!(true), &json!(["health_monitoring"])));
    assert_eq!(core.text(), GUIDE, "a draft writes nothing");
    let saved = core.ask("config_save", json!({ "edits": edits, "base": base, "by": "window" })).await;
    assert_eq!(core.check_interval(), Seconds(45.0));
    assert_eq!(core.text(), GUIDE.replace("check_interval: 30", "check_interval: 45"));
    assert_eq!(core.ask("config", json!({})).await["base"], saved["base"]);
    let (sections, notices, _) = core.told().await;
    assert_eq!(sections, [vec!["health_monitoring".to_owned()]]);
    let saved: Vec<_> = notices.iter().filter(|text| text.contains("saved in the window")).collect();
    assert_eq!(
        (saved.len(), notices.iter().filter(|text| text.contains("read again")).count()),
        (1, 0),
        "{notices:?}"
    );
    core.app.shutdown().await;
}

#[tokio::test]
async fn who_saves_second_gets_both_texts_and_loses_nothing() {
    let core = Core::start(GUIDE).await;
    let base = core.ask("config", json!({})).await["base"].clone();
    core.set("health_monitoring.check_interval", json!(45)).await;
    let mine = GUIDE.replace("max_failures: 3", "max_failures: 4");
    for operation in ["config_draft", "config_save"] {
        let error = core.try_ask(operation, json!({ "text": mine, "base": base })).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::ConfigConflict);
        assert!(error.detail["theirs"].as_str().unwrap().contains("check_interval: 45"));
        assert_eq!(error.detail["mine"], mine);
    }
    assert!(core.text().contains("check_interval: 45"));
    core.app.shutdown().await;
}

#[tokio::test]
async fn what_would_not_load_names_its_lines_and_is_not_saved() {
    let core = Core::start(GUIDE).await;
    let edits = json!([{ "op": "set", "path": ["health_monitoring", "timeout"], "value": 40 }]);
    let draft = core.ask("config_draft", json!({ "edits": edits })).await;
    assert_eq!((&draft["valid"], &draft["problems"][0]["line"]), (&json!(false), &json!(20)), "{draft}");
    let error = core.try_ask("config_save", json!({ "edits": edits })).await.unwrap_err();
    assert_eq!((error.code, &error.detail["problems"][0]["column"]), (ErrorCode::InvalidFile, &json!(12)));
    assert_eq!(core.text(), GUIDE);
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_change_is_one_step_of_undo_and_redo_beside_those_of_servers() {
    let core = Core::start(GUIDE).await;
    let add = json!({ "url": "http://127.0.0.1:9", "name": "mine", "no_probe": true });
    core.ask("add", add).await;
    let saved = core.set("health_monitoring.check_interval", json!(45)).await;
    let next = core.ask("upcoming", json!({})).await;
    assert_eq!(next["undo"]["entry"], saved["undo"]);
    assert_eq!(next["undo"]["label"], "set health_monitoring.check_interval");
    let undone = core.ask("undo", json!({})).await;
    assert_eq!(undone["label"], "set health_monitoring.check_interval");
    assert_eq!((core.check_interval(), core.text().as_str()), (Seconds(30.0), GUIDE));
    assert_eq!(core.ask("undo", json!({})).await["label"], "added mine");
    core.ask("redo", json!({ "undo": saved["undo"] })).await;
    assert_eq!(core.check_interval(), Seconds(45.0));
    // Somebody else's change is not taken back with it: it is offered as a version.
    std::fs::write(core.file(), format!("{}# theirs\n", core.text())).unwrap();
    let error = core.try_ask("undo", json!({ "undo": saved["undo"] })).await.unwrap_err();
    assert_eq!((error.code, &error.detail["version"]), (ErrorCode::NotFound, &saved["version"]));
    core.app.shutdown().await;
}

#[tokio::test]
async fn versions_say_when_who_and_what_and_are_restored() {
    let core = Core::start(GUIDE).await;
    core.set("health_monitoring.check_interval", json!(45)).await;
    core.set("health_monitoring.max_failures", json!(4)).await;
    let list = core.ask("config_versions", json!({})).await["versions"].clone();
    let row = |at: usize| {
        (
            list[at]["by"].as_str().unwrap(),
            list[at]["label"].as_str().unwrap(),
            list[at]["current"].as_bool().unwrap(),
        )
    };
    assert_eq!(row(0), ("window", "set health_monitoring.max_failures", true));
    assert_eq!(row(1), ("window", "set health_monitoring.check_interval", false));
    assert_eq!(row(2), ("disk", "changed on disk", false));
    assert_eq!((&list[0]["added"], &list[0]["removed"]), (&json!(1), &json!(1)));
    let first = core.ask("config_version", json!({ "version": list[2]["version"] })).await;
    assert_eq!(first["text"], GUIDE);
    let changed = first["restoring"].as_array().unwrap().iter().filter(|line| line["fate"] != "kept").count();
    assert_eq!(changed, 4);
    core.ask("config_restore", json!({ "version": list[2]["version"] })).await;
    assert_eq!((core.text().as_str(), core.check_interval()), (GUIDE, Seconds(30.0)));
    core.ask("undo", json!({})).await;
    assert_eq!(core.check_interval(), Seconds(45.0), "restoring is a change as any other");
    core.app.shutdown().await;
}

#[tokio::test]
async fn a_secret_of_the_file_is_in_no_list_event_or_error() {
    let text = "registries:\n  - backend: redis\n    config:\n      redis_urls: [\"redis://a:1\"]\n      password: hunter2\n";
    let mut core = Core::start(text).await;
    let saved = core.set("health_monitoring.max_failures", json!(4)).await;
    assert!(saved["problems"].to_string().contains("secret in plain text"), "{saved}");
    let list = core.ask("config_versions", json!({})).await.to_string();
    let (_, notices, events) = core.told().await;
    assert!(
        !list.contains("hunter2") && !events.contains("hunter2") && !notices.join("").contains("hunter2")
    );
    let edits = json!([{ "op": "set", "path": ["registries", 0, "config", "password", "x"], "value": 1 }]);
    let error = core.try_ask("config_save", json!({ "edits": edits })).await.unwrap_err();
    assert!(!error.message.contains("hunter2") && !error.detail.to_string().contains("hunter2"), "{error:?}");
    core.app.shutdown().await;
}

const PLAIN: &str = "# ours\nservice_registry:\n  backend: redis\n  config:\n    redis_url: redis://host:6379\n    password: hunter2   # the old one\n";

#[tokio::test]
async fn a_secret_is_moved_out_of_the_file_and_named_there() {
    let core = Core::start(PLAIN).await;
    let rows = core.ask("config_secrets", json!({})).await["rows"].clone();
    assert_eq!((&rows[0]["state"], &rows[0]["line"]), (&json!("plain"), &json!(6)), "{rows}");
    assert!(!rows.to_string().contains("hunter2"), "{rows}");
    let path = json!(["service_registry", "config", "password"]);
    let moved =
        core.ask("config_secret_move", json!({ "path": path, "place": "file", "by": "window" })).await;
    let reference = moved["reference"].as_str().unwrap();
    assert_eq!(reference, "${keyring:service_registry.password}");
    assert_eq!(core.text(), PLAIN.replace("hunter2", &format!("\"{reference}\"")));
    let rows = core.ask("config_secrets", json!({})).await["rows"].clone();
    assert_eq!((&rows[0]["state"], &rows[0]["place"]), (&json!("set"), &json!("file")), "{rows}");
    let again = core.try_ask("config_secret_move", json!({ "path": path })).await.unwrap_err();
    assert!(again.message.contains("no secret in plain text"), "{}", again.message);
}

#[tokio::test]
async fn a_secret_that_cannot_be_named_in_the_file_is_not_kept() {
    use std::os::unix::fs::PermissionsExt;
    let core = Core::start(PLAIN).await;
    std::fs::set_permissions(core.file(), std::fs::Permissions::from_mode(0o444)).unwrap();
    let status = core.ask("config", json!({})).await;
    assert!(status["read_only"].as_str().unwrap().contains("read-only"), "{}", status["read_only"]);
    let path = json!(["service_registry", "config", "password"]);
    let args = json!({ "path": path, "place": "file" });
    let refused = core.try_ask("config_secret_move", args.clone()).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::StorageFailed);
    let rows = core.ask("config_secrets", json!({})).await["rows"].clone();
    assert_eq!(rows.as_array().unwrap().len(), 1, "nothing is kept that nobody names: {rows}");
    assert_eq!(core.text(), PLAIN);
    // Somebody else's file is not edited either.
    std::fs::set_permissions(core.file(), std::fs::Permissions::from_mode(0o644)).unwrap();
    let mut args = args;
    args["base"] = json!("another");
    let conflict = core.try_ask("config_secret_move", args).await.unwrap_err();
    assert_eq!(conflict.code, ErrorCode::ConfigConflict);
}

#[tokio::test]
async fn a_draft_tells_what_stands_where() {
    let core = Core::start(GUIDE).await;
    let draft = core.ask("config_draft", json!({})).await;
    assert_eq!(draft["values"]["health_monitoring"]["timeout"], 10);
    let places = draft["places"].as_array().unwrap();
    let timeout = places.iter().find(|place| place["path"] == json!(["health_monitoring", "timeout"]));
    let line = usize::try_from(timeout.unwrap()["line"].as_u64().unwrap()).unwrap();
    assert_eq!(GUIDE.lines().nth(line - 1), Some("  timeout: 10"));
    let broken = core.ask("config_draft", json!({ "text": "a: [" })).await;
    assert_eq!((&broken["values"], &broken["valid"]), (&Value::Null, &json!(false)));
}
