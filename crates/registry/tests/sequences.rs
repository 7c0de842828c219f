//! Random sequences of operations: the registry equals a naive model after each, and its indexes equal a full scan.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on must fail")]

use std::collections::BTreeMap;

use model::{CapabilityPattern, HealthStatus, Server, ServerId, ServerInfo, Source, fold};
use proptest::prelude::*;
use proptest::test_runner::Config;
use registry::{MemoryBackend, Observation, OpenedRegistry, Origin, Patch, Registry, Snapshot};
use tokio::task::JoinSet;

const NAMES: [&str; 4] = ["alpha", "beta", "Beta", "天气"];
const TAGS: [&str; 6] = ["weather.now", "weather_later", "Weather-Now", "maps/route", "maps.route.eu", "x"];
const PATTERNS: [&str; 8] =
    ["weather.now", "weather.*", "*", "*.route*", "maps.rout?", "[mx]*", "WEATHER_NOW", "nothing"];
const SERVERS: u8 = 6;

#[derive(Debug, Clone)]
enum Op {
    Person(u8, Says),
    Scan(u8, Says),
    Edit(u8, Option<usize>, Option<Vec<usize>>),
    Remove(Vec<u8>),
    Ignore(Vec<u8>),
    Restore(Vec<u8>),
    Pause(Vec<u8>),
    Resume(Vec<u8>),
    Observe(u8, HealthStatus),
    Undo,
    Reopen,
}

#[derive(Debug, Clone)]
struct Says {
    name: usize,
    tags: Vec<usize>,
}

fn says() -> impl Strategy<Value = Says> {
    (0..NAMES.len(), prop::collection::vec(0..TAGS.len(), 0..4)).prop_map(|(name, tags)| Says { name, tags })
}

fn op() -> impl Strategy<Value = Op> {
    let id = 0..SERVERS;
    let ids = || prop::collection::vec(0..SERVERS, 1..4);
    let status =
        prop::sample::select(vec![HealthStatus::Healthy, HealthStatus::Unhealthy, HealthStatus::NeedsSignIn]);
    prop_oneof![
        4 => (id.clone(), says()).prop_map(|(id, says)| Op::Person(id, says)),
        4 => (id.clone(), says()).prop_map(|(id, says)| Op::Scan(id, says)),
        2 => (id.clone(), prop::option::of(0..NAMES.len()), prop::option::of(prop::collection::vec(0..TAGS.len(), 0..3)))
            .prop_map(|(id, name, tags)| Op::Edit(id, name, tags)),
        2 => ids().prop_map(Op::Remove),
        1 => ids().prop_map(Op::Ignore),
        1 => ids().prop_map(Op::Restore),
        1 => ids().prop_map(Op::Pause),
        1 => ids().prop_map(Op::Resume),
        2 => (id, status).prop_map(|(id, status)| Op::Observe(id, status)),
        4 => Just(Op::Undo),
        1 => Just(Op::Reopen),
    ]
}

fn id(n: u8) -> ServerId {
    info(n, &Says { name: 0, tags: Vec::new() }, Source::Scan).id
}

fn tags(tags: &[usize]) -> Vec<String> {
    tags.iter().map(|tag| TAGS[*tag].to_owned()).collect()
}

fn info(n: u8, says: &Says, source: Source) -> ServerInfo {
    let url = format!("http://127.0.0.1:{}/mcp", 2_000 + u16::from(n));
    let info = ServerInfo::new_http(NAMES[says.name], &url, source, 1).unwrap();
    ServerInfo { capabilities: tags(&says.tags), ..info }
}

/// One server of the model, in the plainest words.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "a model in the plainest words")]
struct Kept {
    name: String,
    tags: Vec<String>,
    by_person: bool,
    paused: bool,
    removed: bool,
    ignored: bool,
    own_name: bool,
    own_tags: bool,
}

/// The model: what is kept, what was measured, and for each change the cells it changed.
#[derive(Debug, Default)]
struct Model {
    servers: BTreeMap<u8, Kept>,
    /// Also of those that were removed: it waits for them to come back.
    measured: BTreeMap<u8, HealthStatus>,
    journal: Vec<Vec<(u8, Option<Kept>, Kept)>>,
}

impl Model {
    fn person(&mut self, n: u8, says: &Says) {
        let before = self.servers.get(&n).cloned();
        let tags = tags(&says.tags);
        let own_tags = !tags.is_empty() || before.as_ref().is_some_and(|kept| kept.own_tags);
        let tags =
            if tags.is_empty() { before.as_ref().map_or(tags, |kept| kept.tags.clone()) } else { tags };
        let after = Kept {
            name: NAMES[says.name].to_owned(),
            tags,
            by_person: true,
            paused: before.as_ref().is_some_and(|kept| kept.paused),
            removed: false,
            ignored: false,
            own_name: true,
            own_tags,
        };
        self.change(vec![(n, before, after)]);
    }

    fn scan(&mut self, n: u8, says: &Says) {
        let fresh = Kept {
            name: NAMES[says.name].to_owned(),
            tags: tags(&says.tags),
            by_person: false,
            paused: false,
            removed: false,
            ignored: false,
            own_name: false,
            own_tags: false,
        };
        let kept = self.servers.entry(n).or_insert_with(|| fresh.clone());
        if kept.ignored {
            return;
        }
        kept.removed = false;
        if !kept.own_name {
            kept.name = fresh.name;
        }
        if !kept.own_tags && !fresh.tags.is_empty() {
            kept.tags = fresh.tags;
        }
    }

    fn edit(&mut self, n: u8, name: Option<usize>, new_tags: Option<&[usize]>) {
        let Some(before) = self.servers.get(&n).filter(|kept| !kept.removed).cloned() else { return };
        let mut after = before.clone();
        if let Some(name) = name {
            NAMES[name].clone_into(&mut after.name);
            after.own_name = true;
        }
        if let Some(new_tags) = new_tags {
            after.tags = tags(new_tags);
            after.own_tags = true;
        }
        if after != before {
            self.change(vec![(n, Some(before), after)]);
        }
    }

    /// All or nothing: one that does not exist, or is removed where it must not be, refuses all.
    fn mark(&mut self, ns: &[u8], needs_live: bool, mark: impl Fn(&mut Kept)) {
        let mut ns = ns.to_vec();
        ns.sort_unstable();
        ns.dedup();
        if ns.iter().any(|n| self.servers.get(n).is_none_or(|kept| needs_live && kept.removed)) {
            return;
        }
        let changed = ns.into_iter().filter_map(|n| {
            let before = self.servers[&n].clone();
            let mut after = before.clone();
            mark(&mut after);
            (after != before).then_some((n, Some(before), after))
        });
        let changed: Vec<_> = changed.collect();
        if !changed.is_empty() {
            self.change(changed);
        }
    }

    fn change(&mut self, changed: Vec<(u8, Option<Kept>, Kept)>) {
        for (n, _, after) in &changed {
            self.servers.insert(*n, after.clone());
        }
        self.journal.push(changed);
    }

    /// The newest change of which any cell is still as it left it, and no newer change (none of them could be taken back)
    /// set the same cell.
    fn undo(&mut self) {
        for place in (0..self.journal.len()).rev() {
            let newer: Vec<_> = self.journal[place + 1..].iter().flatten().cloned().collect();
            let mut any = false;
            for (n, before, after) in self.journal[place].clone() {
                let before = before.unwrap_or(Kept { removed: true, ..after.clone() });
                let newer: Vec<_> = newer.iter().filter(|(other, ..)| *other == n).collect();
                any |= revert(self.servers.get_mut(&n).unwrap(), &before, &after, &newer);
            }
            if any {
                self.journal.remove(place);
                break;
            }
        }
    }

    fn live(&self) -> BTreeMap<ServerId, (String, Vec<String>, HealthStatus)> {
        let live = self.servers.iter().filter(|(_, kept)| !kept.removed);
        live.map(|(n, kept)| {
            let measured = self.measured.get(n).copied().unwrap_or_default();
            let status = if kept.paused { HealthStatus::Paused } else { measured };
            (id(*n), (kept.name.clone(), kept.tags.clone(), status))
        })
        .collect()
    }
}

type Changed = (u8, Option<Kept>, Kept);

fn revert(now: &mut Kept, before: &Kept, after: &Kept, newer: &[&Changed]) -> bool {
    let mut any = false;
    macro_rules! cell {
        ($($cell:ident),+) => {$(
            let is_set_again = newer.iter().any(|(_, before, after)| match before {
                Some(before) => before.$cell != after.$cell,
                None => stringify!($cell) == "removed",
            });
            if before.$cell != after.$cell && now.$cell == after.$cell && !is_set_again {
                now.$cell = before.$cell.clone();
                any = true;
            }
        )+};
    }
    cell!(name, tags, by_person, paused, removed, ignored);
    // One cell in the journal, since it is one field of the record.
    let set_again = newer.iter().any(|(_, before, after)| {
        before
            .as_ref()
            .is_some_and(|before| (before.own_name, before.own_tags) != (after.own_name, after.own_tags))
    });
    let (was, is, then) =
        ((before.own_name, before.own_tags), (now.own_name, now.own_tags), (after.own_name, after.own_tags));
    if was != then && is == then && !set_again {
        (now.own_name, now.own_tags) = was;
        any = true;
    }
    any
}

struct Real {
    memory: MemoryBackend,
    registry: Registry,
    tasks: JoinSet<()>,
}

impl Real {
    async fn open(memory: MemoryBackend) -> Self {
        let OpenedRegistry { registry, writer, .. } = Registry::open(memory.clone()).await.unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(writer);
        Self { memory, registry, tasks }
    }

    async fn reopened(self) -> Self {
        self.registry.close().await;
        self.tasks.join_all().await;
        Self::open(self.memory).await
    }
}

/// Does it to both. Refusals are part of the play: both must refuse, which the comparison shows.
async fn step(mut real: Real, model: &mut Model, op: Op) -> Real {
    let ids = |ns: &[u8]| ns.iter().map(|n| id(*n)).collect::<Vec<_>>();
    let registry = &real.registry;
    match op {
        Op::Person(n, says) => {
            let origin = Origin::Person { label: "added".to_owned() };
            registry.upsert(vec![info(n, &says, Source::Manual)], origin).await.unwrap();
            model.person(n, &says);
        }
        Op::Scan(n, says) => {
            registry.upsert(vec![info(n, &says, Source::Scan)], Origin::Automatic).await.unwrap();
            model.scan(n, &says);
        }
        Op::Edit(n, name, new_tags) => {
            let name_given = name.map(|name| NAMES[name].to_owned());
            let patch =
                Patch { name: name_given, capabilities: new_tags.as_deref().map(tags), ..Patch::default() };
            drop(registry.edit(id(n), patch).await);
            model.edit(n, name, new_tags.as_deref());
        }
        Op::Remove(ns) => {
            drop(registry.remove(ids(&ns)).await);
            model.mark(&ns, false, |kept| kept.removed = true);
        }
        Op::Ignore(ns) => {
            drop(registry.ignore(ids(&ns)).await);
            model.mark(&ns, false, |kept| (kept.removed, kept.ignored) = (true, true));
        }
        Op::Restore(ns) => {
            drop(registry.restore(ids(&ns)).await);
            model.mark(&ns, false, |kept| (kept.removed, kept.ignored) = (false, false));
        }
        Op::Pause(ns) => {
            drop(registry.pause(ids(&ns)).await);
            model.mark(&ns, true, |kept| kept.paused = true);
        }
        Op::Resume(ns) => {
            drop(registry.resume(ids(&ns)).await);
            model.mark(&ns, true, |kept| kept.paused = false);
        }
        Op::Observe(n, status) => {
            let observation =
                Observation { status, reason: None, response_time_ms: None, at: 5, contents: None };
            if registry.observe(id(n), observation).await.is_ok() {
                model.measured.insert(n, status);
            }
        }
        Op::Undo => {
            drop(registry.undo(None).await);
            model.undo();
        }
        Op::Reopen => {
            real = real.reopened().await;
            model.measured.clear();
        }
    }
    real
}

fn seen(snapshot: &Snapshot) -> BTreeMap<ServerId, (String, Vec<String>, HealthStatus)> {
    let cells =
        |server: &Server| (server.info.name.clone(), server.info.capabilities.clone(), server.health.status);
    snapshot.iter().map(|server| (server.info.id, cells(server))).collect()
}

fn sorted<'a>(servers: impl Iterator<Item = &'a Server>) -> Vec<ServerId> {
    let mut ids: Vec<_> = servers.map(|server| server.info.id).collect();
    ids.sort();
    ids
}

fn indexes_equal_a_full_scan(snapshot: &Snapshot) {
    for pattern in PATTERNS.map(|pattern| CapabilityPattern::parse(pattern).unwrap()) {
        let fits = |server: &&Server| server.info.capability_keys().iter().any(|key| pattern.is_match(key));
        let found = snapshot.by_capability(&pattern);
        assert_eq!(sorted(found.iter()), sorted(snapshot.iter().filter(fits)), "{pattern}");
        assert_eq!(found.len(), found.iter().count());
    }
    for tag in TAGS {
        let has = |server: &&Server| server.info.capabilities.iter().any(|own| fold(own) == fold(tag));
        assert_eq!(sorted(snapshot.by_tag(tag)), sorted(snapshot.iter().filter(has)), "{tag}");
    }
    for name in NAMES {
        let named = sorted(snapshot.iter().filter(|server| server.info.name == name));
        assert_eq!(snapshot.by_name(name), named, "{name}");
    }
    for status in HealthStatus::ALL {
        let count = snapshot.iter().filter(|server| server.health.status == status).count();
        assert_eq!(snapshot.counts().of(status), count, "{status:?}");
    }
    assert_eq!(snapshot.len(), snapshot.iter().count());
}

proptest! {
    #![proptest_config(Config { cases: 96, failure_persistence: None, ..Config::default() })]

    #[test]
    fn the_registry_equals_a_naive_model(ops in prop::collection::vec(op(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut real = Real::open(MemoryBackend::default()).await;
            let mut model = Model::default();
            for op in ops {
                real = step(real, &mut model, op).await;
                let snapshot = real.registry.snapshot();
                assert_eq!(seen(&snapshot), model.live());
                indexes_equal_a_full_scan(&snapshot);
            }
        });
    }
}
