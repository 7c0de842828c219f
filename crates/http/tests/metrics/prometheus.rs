//! With the real Prometheus: what it reads, what it fires, and that every panel of the dashboard has data.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use demo::fake::Fake;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};

use crate::world::{QUIET, World, one_server, recorded};

/// What operators are given.
fn documents() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/metrics")
}

/// Where a program is missing its tests are skipped, and say so.
fn has(program: &str) -> bool {
    let there = std::process::Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok();
    if !there {
        eprintln!("SKIPPED: `{program}` is not installed");
    }
    there
}

/// What `promtool check metrics` has to say.
async fn complaints(text: &str) -> String {
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = promtool.stdin.take().unwrap();
    let text = text.to_owned();
    let (written, output) = tokio::join!(
        async move {
            let written = stdin.write_all(text.as_bytes()).await;
            drop(stdin);
            written
        },
        promtool.wait_with_output()
    );
    let output = output.unwrap();
    written.unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.success(), said.is_empty(), "{said}");
    said.into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn promtool_has_nothing_to_say() {
    if !has("promtool") {
        return;
    }
    assert!(!complaints("# TYPE a counter\na{b=\"\n\"} 1\n").await.is_empty(), "it looks");
    let names =
        ["n".repeat(10_000), "a\nb".to_owned(), "say \"hi\" \\ {x}".to_owned(), "🦊\u{202e}🦊".to_owned()];
    let hostile = |at: usize| recorded(at, &format!("{} {at}", names[at % 4]), &names);
    for count in [0, 1, 1_000] {
        let world = World::with(QUIET, (0..count).map(hostile).collect()).await;
        if count > 0 {
            let listed = world.perform("servers", json!({})).await;
            world.perform("check", json!({ "id": listed["servers"][0]["id"] })).await;
            for name in &names {
                world.call(name, None).await.unwrap_err();
            }
        }
        let scraped = world.scrape().await;
        assert_eq!(complaints(&scraped.0).await, "", "{count} servers");
        assert_eq!(scraped.of("mcp_discovery_server_info", &[]).count(), count);
        let longest = scraped.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(longest < 400, "a label is at most 64 characters: a line has {longest}");
        world.close().await;
    }
}

/// A program of Prometheus on a port of its own, until it is dropped.
struct Started {
    url: String,
    _child: Child,
    _dir: tempfile::TempDir,
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Started {
    async fn start(program: &str, config: &str, options: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let at = format!("127.0.0.1:{}", free_port());
        let file = dir.path().join("config.yml");
        std::fs::write(&file, config).unwrap();
        let child = Command::new(program)
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--web.listen-address={at}"))
            .args(options.iter().map(|option| option.replace("{dir}", dir.path().to_str().unwrap())))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let started = Self { url: format!("http://{at}"), _child: child, _dir: dir };
        let ready = format!("{}/-/ready", started.url);
        World::until(&format!("{program} is ready"), || async {
            reqwest::Client::builder()
                .no_proxy()
                .build()
                .unwrap()
                .get(&ready)
                .send()
                .await
                .is_ok_and(|answer| answer.status() == 200)
        })
        .await;
        started
    }

    /// Scrapes this core every second, with these rules and this Alertmanager.
    async fn prometheus(world: &World, rules: Option<&Path>, alertmanager: Option<&Self>) -> Self {
        let exports = world.perform("metrics_exports", json!({})).await;
        let scrape = exports["prometheus"]["scrape_config"].as_str().unwrap();
        let mut config = format!("global: {{ scrape_interval: 1s, evaluation_interval: 1s }}\n{scrape}");
        if let Some(rules) = rules {
            config += &format!("rule_files: [{}]\n", rules.display());
        }
        if let Some(alertmanager) = alertmanager {
            let at = alertmanager.url.trim_start_matches("http://");
            config +=
                &format!("alerting:\n  alertmanagers:\n    - static_configs: [{{ targets: [\"{at}\"] }}]\n");
        }
        Self::start("prometheus", &config, &["--storage.tsdb.path={dir}/data"]).await
    }

    async fn alertmanager() -> Self {
        let config = "route: { receiver: none }\nreceivers: [{ name: none }]\n";
        let options = ["--storage.path={dir}/data", "--cluster.listen-address="];
        Self::start("prometheus-alertmanager", config, &options).await
    }

    async fn get(&self, world: &World, path: &str, query: &[(&str, &str)]) -> Value {
        let mut url = url::Url::parse(&format!("{}{path}", self.url)).unwrap();
        url.query_pairs_mut().extend_pairs(query);
        serde_json::from_str(&world.client.get(url).send().await.unwrap().text().await.unwrap()).unwrap()
    }

    async fn query(&self, world: &World, expression: &str) -> Vec<Value> {
        let answer = self.get(world, "/api/v1/query", &[("query", expression)]).await;
        assert_eq!(answer["status"], "success", "{expression}: {answer}");
        answer["data"]["result"].as_array().unwrap().clone()
    }

    async fn value(&self, world: &World, expression: &str) -> Option<f64> {
        let found = self.query(world, expression).await;
        found.first().map(|series| series["value"][1].as_str().unwrap().parse().unwrap())
    }
}

/// A series as Prometheus has it, by its name and labels, without those that Prometheus adds.
fn key(metric: &Value) -> String {
    let labels =
        metric.as_object().unwrap().iter().filter(|(name, _)| !["job", "instance"].contains(&name.as_str()));
    // An empty label is none.
    let labels: BTreeMap<_, _> = labels.filter(|(_, value)| !value.as_str().unwrap().is_empty()).collect();
    format!("{labels:?}")
}

/// The same of the core's own figures.
fn own(figures: &Value) -> BTreeMap<String, f64> {
    let mut all = BTreeMap::new();
    for family in figures["families"].as_array().unwrap() {
        for series in family["series"].as_array().unwrap() {
            let mut put = |end: &str, limit: Option<String>, value: f64| {
                let mut labels = series["labels"].as_object().unwrap().clone();
                labels.insert("__name__".into(), format!("{}{end}", family["name"].as_str().unwrap()).into());
                labels.extend(limit.map(|limit| ("le".to_owned(), limit.into())));
                all.insert(key(&labels.into()), value);
            };
            let value = series["value"].as_f64().unwrap();
            let Some(buckets) = series["buckets"].as_array() else {
                put("", None, value);
                continue;
            };
            for bucket in buckets {
                let limit = bucket["at_most"].as_f64().map_or("+Inf".to_owned(), |limit| limit.to_string());
                put("_bucket", Some(limit), bucket["count"].as_f64().unwrap());
            }
            put("_sum", None, value);
            put("_count", None, buckets.last().unwrap()["count"].as_f64().unwrap());
        }
    }
    all
}

/// They are others at every scrape, or with the very question that reads them.
const MOVING: [&str; 3] = ["\"process_", "_http_connections", "operation\": String(\"metrics"];

#[tokio::test(flavor = "multi_thread")]
async fn what_prometheus_reads_back_is_what_is() {
    read_back(5).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long: a minute of scrapes"]
async fn what_prometheus_reads_back_for_a_minute_is_what_is() {
    read_back(60).await;
}

/// So many times all that Prometheus has is compared with what is.
async fn read_back(wanted: usize) {
    if !has("prometheus") {
        return;
    }
    let (a, b) = (one_server().await, one_server().await);
    let world = World::start(QUIET).await;
    let (first, second) = (world.add(&a, "a \"1\"\n").await, world.add(&b, "b").await);
    for at in 0..20 {
        world.call("echo", Some(if at % 4 == 0 { &first } else { &second })).await.unwrap();
    }
    world.call("refuse", Some(&first)).await.unwrap();
    let prometheus = Started::prometheus(&world, None, None).await;
    let is_moving = |key: &str| MOVING.iter().any(|part| key.contains(part));
    let still = |all: BTreeMap<String, f64>| -> BTreeSet<String> {
        let still = all.into_iter().filter(|(key, _)| !is_moving(key));
        still.map(|(key, value)| format!("{key} {value}")).collect()
    };
    let mut same = 0;
    // What is under way when it begins, such as writes of the registry, settles; from then on each scrape is the same.
    for _ in 0..wanted + 20 {
        let is = still(own(&world.perform("metrics", json!({})).await));
        let _ = tokio::time::timeout(Duration::from_millis(1_200), std::future::pending::<()>()).await;
        let read = prometheus.query(&world, "{job=\"mcp-discovery\",__name__=~\"mcp_.+|process_.+\"}").await;
        let value = |series: &Value| series["value"][1].as_str().unwrap().parse::<f64>().unwrap();
        let read = still(read.iter().map(|series| (key(&series["metric"]), value(series))).collect());
        assert!(read.len() > 100 || same == 0, "{} series", read.len());
        if read == is {
            same += 1;
        } else {
            eprintln!("not the same: {:?}", read.symmetric_difference(&is).collect::<Vec<_>>());
        }
        if same == wanted {
            break;
        }
    }
    assert_eq!(same, wanted, "what is read back is what is");
    // And the servers count as well.
    for (server, id) in [(&a, &first), (&b, &second)] {
        let counted =
            prometheus.value(&world, &format!("sum(mcp_discovery_calls_total{{server=\"{id}\"}})")).await;
        assert_eq!(counted, Some(server.calls().len() as f64));
    }
    let listed = world.perform("servers", json!({})).await;
    let healthy = listed["servers"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["health"]["status"] == "healthy")
        .count();
    assert_eq!(
        prometheus.value(&world, "mcp_discovery_servers{status=\"healthy\"}").await,
        Some(healthy as f64)
    );
    let exports = world.perform("metrics_exports", json!({})).await;
    let by = exports["prometheus"]["last_scrape"]["by"].as_str().unwrap();
    assert!(by.starts_with("Prometheus/") && by.ends_with(" at 127.0.0.1"), "{by}");
    world.close().await;
}

#[test]
fn promtool_accepts_the_alert_rules_and_their_tests_pass() {
    if !has("promtool") {
        return;
    }
    for arguments in [["check", "rules", "alerts.yml"], ["test", "rules", "alerts.test.yml"]] {
        let output =
            std::process::Command::new("promtool").args(arguments).current_dir(documents()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_fires_the_rule_and_its_return_resolves_it() {
    if !has("prometheus") || !has("prometheus-alertmanager") {
        return;
    }
    let server = Fake::modern().start().await;
    let port = server.address().port();
    let world = World::start("health_monitoring: { check_interval: 1, timeout: 1, max_failures: 1 }\n").await;
    let id = world.add(&server, "weather").await;
    // The very rules, with less patience.
    let text = std::fs::read_to_string(documents().join("alerts.yml")).unwrap();
    let hasty =
        text.lines().filter(|line| !line.trim_start().starts_with("for: ")).collect::<Vec<_>>().join("\n");
    let rules = world.dir.join("alerts.yml");
    std::fs::write(&rules, hasty).unwrap();
    let alertmanager = Started::alertmanager().await;
    let prometheus = Started::prometheus(&world, Some(&rules), Some(&alertmanager)).await;
    let firing = async || {
        let alerts = alertmanager.get(&world, "/api/v2/alerts", &[("active", "true")]).await;
        let alerts = alerts.as_array().unwrap().clone();
        alerts.into_iter().filter(|alert| alert["labels"]["alertname"] == "McpServerDown").collect::<Vec<_>>()
    };
    World::until("it is scraped", || async {
        prometheus.value(&world, "mcp_discovery_server_up").await == Some(1.0)
    })
    .await;
    assert_eq!(firing().await, Vec::<Value>::new());

    server.stop().await;
    World::until("the alert fires", || async { firing().await.len() == 1 }).await;
    let alert = firing().await.remove(0);
    assert_eq!(
        (&alert["labels"]["name"], &alert["labels"]["server"]),
        (&json!("weather"), &json!(id)),
        "{alert}"
    );

    let _back = Fake::modern().on_port(port).start().await;
    World::until("it is resolved", || async { firing().await.is_empty() }).await;
    world.close().await;
}

fn dashboard() -> Value {
    serde_json::from_str(&std::fs::read_to_string(documents().join("dashboard.json")).unwrap()).unwrap()
}

fn panels(dashboard: &Value) -> Vec<&Value> {
    let all = dashboard["panels"].as_array().unwrap().iter();
    all.filter(|panel| panel["type"] != "row").collect()
}

#[test]
fn the_dashboard_has_panels_of_their_own_with_units_and_its_data_source_is_chosen() {
    let dashboard = dashboard();
    let all = dashboard["panels"].as_array().unwrap();
    let unique =
        |field: &str| all.iter().map(|panel| panel[field].to_string()).collect::<BTreeSet<_>>().len();
    assert_eq!((unique("id"), unique("title")), (all.len(), all.len()));
    let places: BTreeSet<_> =
        all.iter().map(|panel| (panel["gridPos"]["x"].as_u64(), panel["gridPos"]["y"].as_u64())).collect();
    assert_eq!(places.len(), all.len(), "each has a place of its own");
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    assert!(variables.iter().any(|one| one["name"] == "datasource" && one["type"] == "datasource"));
    for panel in panels(&dashboard) {
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{}", panel["title"]);
        assert!(panel["fieldConfig"]["defaults"]["unit"].is_string(), "{}", panel["title"]);
        assert!(!panel["description"].as_str().unwrap().is_empty(), "{}", panel["title"]);
        for target in panel["targets"].as_array().unwrap() {
            assert_eq!(target["datasource"]["uid"], "${datasource}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_panel_of_the_dashboard_has_data_after_a_run_of_the_demo_fleet() {
    if !has("prometheus") {
        return;
    }
    let world = World::start("health_monitoring: { check_interval: 1, timeout: 1 }\n").await;
    let prometheus = Started::prometheus(&world, None, None).await;
    let fleet = world.perform("demo_start", json!({})).await;
    for server in fleet["servers"].as_array().unwrap() {
        world.perform("check", json!({ "id": server["id"] })).await;
    }
    let dashboard = dashboard();
    let expressions: Vec<(String, String)> = panels(&dashboard)
        .into_iter()
        .flat_map(|panel| {
            let title = panel["title"].as_str().unwrap();
            let targets = panel["targets"].as_array().unwrap().iter();
            targets.map(move |target| {
                (
                    title.to_owned(),
                    target["expr"]
                        .as_str()
                        .unwrap()
                        .replace("$job", "mcp-discovery")
                        .replace("$__rate_interval", "20s"),
                )
            })
        })
        .collect();
    assert!(expressions.len() > 25);
    let tools = world.perform("tools", json!({})).await;
    let called = tools["tools"][0].clone();
    let give_up = tokio::time::Instant::now() + Duration::from_mins(1);
    loop {
        let args = json!({ "capability": called["name"], "server": called["server"]["id"] });
        // Some tools want arguments: an error is an outcome like another.
        let called = world.app.perform("call", args).await;
        assert!(!called.is_err_and(|error| error.code == api::ErrorCode::InvalidArguments));
        let mut empty = Vec::new();
        for (title, expression) in &expressions {
            let found = prometheus.query(&world, expression).await;
            if found.iter().all(|series| series["value"][1] == "NaN") {
                empty.push((title, expression));
            }
        }
        if empty.is_empty() {
            break;
        }
        assert!(tokio::time::Instant::now() < give_up, "these have no data: {empty:#?}");
    }
    world.close().await;
}
