use futures::StreamExt;
use model::{HealthStatus, ServerId, ServerInfo, Source};
use registry::{MemoryBackend, Observation, OpenedRegistry, Origin};
use tokio::task::JoinSet;

use super::*;

struct Scene {
    registry: Registry,
    activities: Activities,
    tasks: JoinSet<()>,
}

impl Scene {
    async fn new() -> Self {
        let OpenedRegistry { registry, writer, .. } = Registry::open(MemoryBackend::default()).await.unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(writer);
        Self { registry, activities: Activities::default(), tasks }
    }

    fn feed(&self) -> std::pin::Pin<Box<impl Stream<Item = EventBatch> + use<>>> {
        Box::pin(batches(&self.registry, &self.activities))
    }

    async fn add(&self, names: impl IntoIterator<Item = String>) -> Vec<ServerId> {
        let servers = names.into_iter().map(|name| info(&name)).collect();
        let committed = self.registry.upsert(servers, Origin::Automatic).await.unwrap();
        committed.upserted.into_iter().map(|(id, _)| id).collect()
    }

    async fn measure(&self, id: ServerId, at: i64) {
        let seen = checks::seen(HealthStatus::Healthy, None);
        self.registry.observe(id, Observation { at, ..seen }).await.unwrap();
    }

    fn revision(&self) -> u64 {
        self.registry.snapshot().revision()
    }
}

fn info(name: &str) -> ServerInfo {
    ServerInfo::new_http(name, &format!("http://127.0.0.1:9/{name}"), Source::Manual, 1).unwrap()
}

fn progress(call: &str, progress: f64) -> Activity {
    Activity::CallProgress { call: call.to_owned(), progress, total: None, message: None }
}

#[tokio::test(start_paused = true)]
async fn a_burst_is_two_batches_and_only_the_last_state_of_each_thing() {
    let scene = Scene::new().await;
    let mut feed = scene.feed();
    scene.activities.tell(progress("a", 0.0));
    assert_eq!(feed.next().await.unwrap().events, [Event::Activity(progress("a", 0.0))]);
    for step in 1..10_u8 {
        scene.activities.tell(progress("a", step.into()));
    }
    let batch = feed.next().await.unwrap();
    assert_eq!(batch, EventBatch { from: 0, to: 0, events: vec![Event::Activity(progress("a", 9.0))] });
}

#[tokio::test(start_paused = true)]
async fn batches_join_without_a_gap_and_a_measurement_is_told_without_the_record() {
    let scene = Scene::new().await;
    let mut feed = scene.feed();
    let ids = scene.add(["a".to_owned()]).await;
    let first = feed.next().await.unwrap();
    assert!(matches!(&first.events[..], [Event::ServerChanged { server }] if server.info.id == ids[0]));
    for at in 1..50 {
        scene.measure(ids[0], at).await;
    }
    let second = feed.next().await.unwrap();
    assert_eq!((first.from, first.to, second.from, second.to), (0, 1, 1, scene.revision()));
    let [Event::HealthChanged { id, health }] = &second.events[..] else { panic!("{second:?}") };
    assert_eq!((*id, health.checked_at), (ids[0], Some(49)));
}

#[tokio::test(start_paused = true)]
async fn a_record_that_was_not_told_yet_is_told_with_what_was_measured_since() {
    let scene = Scene::new().await;
    let mut feed = scene.feed();
    let ids = scene.add(["a".to_owned()]).await;
    scene.measure(ids[0], 7).await;
    let batch = feed.next().await.unwrap();
    let [Event::ServerChanged { server }] = &batch.events[..] else { panic!("{batch:?}") };
    assert_eq!((server.health.checked_at, batch.to), (Some(7), scene.revision()));
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_lagged_is_told_of_the_gap_by_the_revisions_alone() {
    let scene = Scene::new().await;
    let ids = scene.add(["a".to_owned()]).await;
    let mut feed = scene.feed();
    for at in 0..2_000 {
        scene.measure(ids[0], at).await;
    }
    let batch = feed.next().await.unwrap();
    assert!(batch.from > 1, "what was lost is not spanned: {batch:?}");
    assert_eq!((batch.to, batch.events.len()), (scene.revision(), 1));
}

#[tokio::test(start_paused = true)]
async fn more_changes_than_are_worth_telling_are_a_gap_without_events() {
    let scene = Scene::new().await;
    let mut feed = scene.feed();
    scene.add((0..1_500).map(|at| format!("s{at}"))).await;
    assert_eq!(feed.next().await.unwrap(), EventBatch { from: 1, to: 1, events: Vec::new() });
}

#[tokio::test(start_paused = true)]
async fn activity_that_was_lost_is_counted_and_costs_no_state() {
    let scene = Scene::new().await;
    let mut feed = scene.feed();
    let ids = scene.add(["a".to_owned()]).await;
    for step in 0..5_000_u32 {
        scene.activities.tell(progress("a", step.into()));
    }
    let batch = feed.next().await.unwrap();
    assert!(matches!(&batch.events[0], Event::ServerChanged { server } if server.info.id == ids[0]));
    let lost = |event: &Event| matches!(event, Event::Activity(Activity::ActivityLost { count: 904 }));
    assert!(batch.events.iter().any(lost), "{batch:?}");
    assert_eq!((batch.from, batch.to), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn the_feed_ends_with_the_registry() {
    let mut scene = Scene::new().await;
    let mut feed = scene.feed();
    scene.registry.close().await;
    scene.tasks.join_next().await;
    drop(scene);
    assert!(feed.next().await.is_none());
}
