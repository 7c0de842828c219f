//! What is exported is what is: counted where it happens, bounded, and open to whom it should be.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::float_cmp,
    clippy::cast_precision_loss,
    clippy::print_stderr,
    clippy::format_push_string,
    reason = "a test ends where it fails, and counts are whole numbers"
)]

mod prometheus;
mod world;

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HOST};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use world::{INSIDE, QUIET, World, many, one_server};

fn read(file: &Path) -> Option<Value> {
    std::fs::read(file).ok().map(|bytes| serde_json::from_slice(&bytes).expect("it is whole"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_is_written_as_often_as_the_configuration_says() {
    let world = World::start("metrics: { exporters: [json], export_interval: 1 }\n").await;
    let file = world.dir.join("data/metrics.json");
    let mut times = HashSet::new();
    World::until("it is written again and again", || {
        times.extend(read(&file).and_then(|figures| figures["at"].as_i64()));
        std::future::ready(times.len() >= 3)
    })
    .await;
    let mut times: Vec<i64> = times.into_iter().collect();
    times.sort_unstable();
    assert!(times.windows(2).all(|two| two[1] - two[0] >= 900), "not more often: {times:?}");
    assert!(!world.dir.join("data/metrics.json.new").exists());
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_exporters_are_switched_while_the_core_runs() {
    let world = World::start("metrics: { exporters: [prometheus] }\n").await;
    let file = world.dir.join("elsewhere.json");
    assert!(world.scrape().await.sum("mcp_discovery_build_info", &[]) == 1.0);
    let exports = world.perform("metrics_exports", json!({})).await;
    assert!(exports["json"].is_null() && exports["prometheus"]["url"] == format!("{}/metrics", world.url));
    assert!(exports["prometheus"]["last_scrape"]["by"].as_str().unwrap().ends_with(" at 127.0.0.1"));

    world.configure(&format!("metrics: {{ exporters: [json], json_file: {} }}\n", file.display()));
    World::until("the file is there", || std::future::ready(file.exists())).await;
    let answer = world.ask("/metrics").await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert!(answer.text().await.unwrap().contains("metrics.exporters"));
    assert!(world.perform("metrics_exports", json!({})).await["prometheus"].is_null());

    world.configure("metrics: { exporters: [prometheus] }\n");
    World::until("it is open again", || async { world.ask("/metrics").await.status() == 200 }).await;
    std::fs::remove_file(&file).unwrap();
    world.close().await;
    assert!(!file.exists(), "it is not written any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gauge_counts_the_servers_that_pass_its_filter() {
    let config = format!("{QUIET}metrics: {{ gauges: {{ west: \"region:r1\", up: \"is:healthy\" }} }}\n");
    let world = World::with(&config, many(10)).await;
    let scraped = world.scrape().await;
    assert_eq!(scraped.sum("mcp_discovery_gauge_west", &[]), 3.0);
    assert_eq!(scraped.sum("mcp_discovery_gauge_up", &[]), 0.0);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_servers_keep_to_the_bound_and_those_in_trouble_are_among_them() {
    const TROUBLED: usize = 60;
    let world = World::with(QUIET, many(20_000)).await;
    let listed = world.perform("servers", json!({})).await;
    let ids: Vec<String> = listed["servers"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .take(TROUBLED)
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect();
    for id in &ids {
        let checked = world.perform("check", json!({ "id": id })).await;
        assert_eq!(checked["health"]["status"], "unhealthy", "{checked}");
    }
    let scraped = world.scrape().await;
    let series = scraped.lines().count();
    assert!(series <= 10_000 && series > 9_900, "{series} series");
    for id in &ids {
        assert_eq!(scraped.of("mcp_discovery_server_up", &[("server", id)]).count(), 1);
        assert_eq!(scraped.of("mcp_discovery_server_info", &[("server", id)]).count(), 1);
        assert!(scraped.of("mcp_discovery_check_status", &[("server", id)]).count() >= 1);
    }
    let left_out = scraped.sum("mcp_discovery_series_left_out", &[]);
    // Each has three, and those in trouble all of theirs.
    let told = scraped.of("mcp_discovery_server_info", &[]).count();
    assert_eq!(left_out, (3 * (20_000 - told)) as f64);
    assert_eq!(scraped.sum("mcp_discovery_servers", &[("status", "unhealthy")]), TROUBLED as f64);
    assert_eq!(scraped.sum("mcp_discovery_servers", &[]), 20_000.0);

    world.configure(&format!("{QUIET}metrics: {{ max_series: 3000 }}\n"));
    World::until("the bound is another", || async { world.scrape().await.lines().count() <= 3_000 }).await;
    let scraped = world.scrape().await;
    assert!(
        ids.iter().all(|id| scraped.of("mcp_discovery_server_health_score", &[("server", id)]).count() == 1)
    );
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_has_one_set_of_series_whatever_becomes_of_it() {
    let (server, elsewhere) = (one_server().await, one_server().await);
    let world = World::start(QUIET).await;
    let id = world.add(&server, "before").await;
    world.call("echo", Some(&id)).await.unwrap();
    let before = world.scrape().await;
    assert!(
        before.mentions("name=\"before\"")
            && before.sum("mcp_discovery_calls_total", &[("server", &id)]) == 1.0
    );

    world.perform("edit", json!({ "id": id, "name": "after" })).await;
    let renamed = world.scrape().await;
    assert!(
        !renamed.mentions("name=\"before\"") && renamed.of("mcp_discovery_server_info", &[]).count() == 1
    );

    world.perform("edit", json!({ "id": id, "url": elsewhere.url() })).await;
    let moved = world.scrape().await;
    for name in
        ["mcp_discovery_server_info", "mcp_discovery_server_health_score", "mcp_discovery_breaker_open"]
    {
        assert_eq!(moved.of(name, &[]).count(), 1, "{name}");
    }

    world.perform("remove", json!({ "ids": [id] })).await;
    let removed = world.scrape().await;
    assert!(!removed.mentions("server=\""), "{}", removed.0);
    assert_eq!(removed.sum("mcp_discovery_servers", &[]), 0.0);
    world.close().await;
}

#[test]
#[cfg(target_os = "linux")]
fn off_loopback_only_its_token_opens_it_and_that_opens_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    world::inside("ip address add 10.77.0.1/32 dev lo || exit 77", "inside_a_network", folder.path());
}

async fn status(world: &World, path: &str, host: Option<&str>, bearer: Option<&str>) -> StatusCode {
    let client = Client::builder().no_proxy().build().unwrap();
    let mut request = client.get(format!("{}{path}", world.url));
    if let Some(host) = host {
        request = request.header(HOST, host);
    }
    if let Some(bearer) = bearer {
        request = request.header(AUTHORIZATION, format!("Bearer {bearer}"));
    }
    request.send().await.unwrap().status()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by another test"]
async fn inside_a_network() {
    let Some(folder) = std::env::var_os(INSIDE) else { return };
    let world = World::at(Path::new(&folder), "", Vec::new(), "10.77.0.1:0").await;
    let (owner, refused) = (world.app.token().to_owned(), StatusCode::UNAUTHORIZED);
    assert_eq!(status(&world, "/metrics", None, None).await, refused, "no token");
    let file = world.dir.join("data/metrics.token");
    let token = std::fs::read_to_string(&file).expect("one was made at first need");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    for wrong in ["wrong", "", &owner, &token[1..], &format!("{token}x")] {
        assert_eq!(status(&world, "/metrics", None, Some(wrong)).await, refused, "{wrong}");
    }
    for query in ["token", "access_token", "authorization"] {
        assert_eq!(status(&world, &format!("/metrics?{query}={token}"), None, None).await, refused);
    }
    let foreign = status(&world, "/metrics", Some("evil.example"), Some(&token)).await;
    assert_eq!(foreign, StatusCode::FORBIDDEN);
    assert_eq!(status(&world, "/metrics", None, Some(&token)).await, StatusCode::OK);

    for path in ["/api/v1/events", "/mcp"] {
        assert_eq!(status(&world, path, None, Some(&token)).await, refused, "{path}");
    }
    for operation in ["status", "metrics", "config"] {
        let url = format!("{}/api/v1/{operation}", world.url);
        let answer = world.client.post(url).bearer_auth(&token).send().await.unwrap();
        assert_eq!(answer.status(), refused, "{operation}");
    }
    let exports = world.perform("metrics_exports", json!({})).await;
    assert_eq!(exports["prometheus"]["needs_token"], true);
    let text = exports["prometheus"]["scrape_config"].as_str().unwrap();
    assert!(text.contains("credentials_file") && !text.contains(&token), "{text}");

    // One of the configuration takes its place.
    world
        .perform(
            "named_secret_set",
            json!({ "name": "scraper", "secret": "from-the-vault", "place": "file" }),
        )
        .await;
    world.configure("metrics: { token: \"${keyring:scraper}\" }\n");
    World::until("it opens", || async {
        status(&world, "/metrics", None, Some("from-the-vault")).await == StatusCode::OK
    })
    .await;
    assert_eq!(status(&world, "/metrics", None, Some(&token)).await, refused);
    world.configure("metrics: { token: \"${keyring:nothing}\" }\n");
    World::until("it is shut", || async {
        status(&world, "/metrics", None, Some("from-the-vault")).await == refused
    })
    .await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_written_is_told_once_and_again_when_it_works() {
    let dir = tempfile::tempdir().unwrap();
    let gone = dir.path().join("gone");
    let config = format!(
        "metrics: {{ exporters: [json], export_interval: 1, json_file: {}/m.json }}\n",
        gone.display()
    );
    let world = World::start(&config).await;
    trouble_is_told_once(&world, || std::fs::create_dir(&gone).unwrap()).await;
    world.close().await;
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_told_once_and_again_when_it_works() {
    let folder = tempfile::tempdir().unwrap();
    world::inside("mount -t tmpfs -o size=64k none \"$0\" || exit 77", "inside_a_full_disk", folder.path());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by another test"]
async fn inside_a_full_disk() {
    let Some(folder) = std::env::var_os(INSIDE) else { return };
    let folder = Path::new(&folder);
    let (file, filler) = (folder.join("m.json"), folder.join("filler"));
    let config =
        format!("metrics: {{ exporters: [json], export_interval: 1, json_file: {} }}\n", file.display());
    let world = World::start(&config).await;
    World::until("it is written", || std::future::ready(file.exists())).await;
    let before = std::fs::read(&file).unwrap();
    drop(std::fs::write(&filler, vec![0; 1 << 20]));
    trouble_is_told_once(&world, || {
        assert!(read(&file).is_some(), "it is as it was, and whole");
        std::fs::remove_file(&filler).unwrap();
    })
    .await;
    World::until("it is another", || std::future::ready(std::fs::read(&file).unwrap() != before)).await;
    world.close().await;
}

/// What is told of the file, while three more writes fail, and when it is mended.
async fn trouble_is_told_once(world: &World, mend: impl FnOnce()) {
    let told = async |words: &str| {
        let status = world.perform("status", json!({})).await;
        let notices = status["notices"].as_array().unwrap().clone();
        notices.iter().filter(|one| one["text"].as_str().unwrap().contains(words)).count()
    };
    World::until("it is told", || async { told("cannot be written").await > 0 }).await;
    let exports = world.perform("metrics_exports", json!({})).await;
    assert!(exports["json"]["problem"].is_string(), "{exports}");
    tokio::time::timeout(Duration::from_millis(2_500), std::future::pending::<()>()).await.unwrap_err();
    assert_eq!(told("cannot be written").await, 1);
    mend();
    World::until("its end is told", || async { told("written to").await == 1 && told("again").await > 0 })
        .await;
    assert_eq!(told("cannot be written").await, 1);
}
