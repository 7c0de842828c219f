//! A comparison, held against one that is slow and plain.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends where it fails")]

use std::collections::BTreeSet;

use discovery::HostAndPort;
use discovery::memory::compare::{Difference, Side, compare};
use discovery::scan::{Done, PortSet, ProbePlan, Scope};
use model::{Outcome, ScanRow, ServerId, Transport};
use proptest::prelude::*;

const PORTS: u16 = 6;
const OUTCOMES: [Outcome; 5] =
    [Outcome::Mcp, Outcome::NeedsSignIn, Outcome::Probable, Outcome::NotMcp, Outcome::Incomplete];

/// What a port shows, which tools it has, and whether it was asked.
#[derive(Debug, Clone)]
struct Port {
    row: Option<(Outcome, u8, Option<u8>)>,
    asked: bool,
}

fn port() -> impl Strategy<Value = Port> {
    let row = (prop::sample::select(OUTCOMES.to_vec()), 0_u8..2, prop::option::of(0_u8..2));
    (prop::option::weighted(0.7, row), prop::bool::weighted(0.8))
        .prop_map(|(row, asked)| Port { asked: asked || row.is_some(), row })
}

struct Scan {
    scope: Scope,
    done: Done,
    rows: Vec<ScanRow>,
}

impl Scan {
    fn of(scope: &Scope, ports: &[Port]) -> Self {
        let mut done = Done::default();
        let mut rows = Vec::new();
        for (at, port) in (0_u16..).zip(ports) {
            if port.asked {
                done.add(u64::from(at));
            }
            rows.extend(port.row.map(|(outcome, name, tools)| row(8000 + at, outcome, name, tools)));
        }
        // Rows come in the order of answers.
        rows.reverse();
        Self { scope: scope.clone(), done, rows }
    }

    fn side(&self) -> Side<'_> {
        Side { scope: &self.scope, done: &self.done, rows: &self.rows, is_cut: false }
    }

    fn at(&self, port: u16) -> Option<&ScanRow> {
        self.rows
            .iter()
            .find(|row| HostAndPort::of(&row.url).unwrap().to_string() == format!("127.0.0.1:{port}"))
    }

    fn asked(&self, port: u16) -> bool {
        self.done.has(u64::from(port - 8000))
    }
}

fn row(port: u16, outcome: Outcome, name: u8, tools: Option<u8>) -> ScanRow {
    let url = format!("http://127.0.0.1:{port}/mcp");
    let says = outcome == Outcome::Mcp;
    ScanRow {
        id: ServerId::mint(&url),
        name: if says { format!("name-{name}") } else { format!("127.0.0.1:{port}") },
        transport: Transport::Http,
        era: None,
        protocol_version: says.then(|| "2025-06-18".to_owned()),
        server_version: None,
        auth_required: false,
        tools: None,
        latency_ms: None,
        outcome,
        certificate: None,
        reason: None,
        known: false,
        process: None,
        definition: tools.filter(|_| says).map(|tools| format!("tools-{tools}")),
        url,
    }
}

fn urls<'a>(rows: impl IntoIterator<Item = &'a ScanRow>) -> BTreeSet<String> {
    rows.into_iter().map(|row| row.url.clone()).collect()
}

/// What happened at a port, told apart one by one.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum Fate {
    Nothing,
    Same,
    Changed,
    New,
    Gone,
    Replaced,
    UnaskedNow,
    UnaskedThen,
}

fn fate(now: &Scan, then: &Scan, port: u16) -> Fate {
    let (new, old) = (now.at(port), then.at(port));
    let (is_new, is_old) = (new.is_some_and(ScanRow::is_server), old.is_some_and(ScanRow::is_server));
    let unclear = |scan: &Scan, row: Option<&ScanRow>| match row {
        Some(row) => row.outcome == Outcome::Incomplete,
        None => !scan.asked(port),
    };
    match (is_new, is_old) {
        (false, false) => Fate::Nothing,
        (true, false) if unclear(then, old) => Fate::UnaskedThen,
        (true, false) => Fate::New,
        (false, true) if unclear(now, new) => Fate::UnaskedNow,
        (false, true) => Fate::Gone,
        (true, true) => {
            let (new, old) = (new.unwrap(), old.unwrap());
            let both_speak = new.protocol_version.is_some() && old.protocol_version.is_some();
            let alike = new.definition.is_some() && new.definition == old.definition;
            if both_speak && new.name != old.name && !alike {
                Fate::Replaced
            } else if new.definition.is_some() && old.definition.is_some() && !alike {
                Fate::Changed
            } else {
                Fate::Same
            }
        }
    }
}

async fn scope() -> Scope {
    let ports = PortSet::parse(&[format!("8000-{}", 8000 + PORTS - 1)]).unwrap();
    ProbePlan::read(&["127.0.0.1"], ports).await.unwrap().scope()
}

fn check(now: &Scan, then: &Scan) {
    let Difference { new, gone, changed, moved, not_asked_now, not_asked_then, same } =
        compare(now.side(), then.side());
    let fates: Vec<(u16, Fate)> = (8000..8000 + PORTS).map(|port| (port, fate(now, then, port))).collect();
    let ports = |wanted: &[Fate]| -> BTreeSet<String> {
        let fit = fates.iter().filter(|(_, fate)| wanted.contains(fate));
        fit.map(|(port, _)| format!("http://127.0.0.1:{port}/mcp")).collect()
    };
    let of_now = |at: &usize| &now.rows[*at];
    let of_then = |at: &usize| &then.rows[*at];
    assert_eq!(urls(changed.iter().map(|(at, _)| of_now(at))), ports(&[Fate::Changed]));
    assert_eq!(usize::try_from(same).unwrap(), ports(&[Fate::Same]).len());
    assert_eq!(urls(not_asked_now.iter().map(|(at, _)| of_then(at))), ports(&[Fate::UnaskedNow]));
    assert_eq!(urls(not_asked_then.iter().map(|(at, _)| of_now(at))), ports(&[Fate::UnaskedThen]));
    // Whoever is new or gone is so alone, or as one side of a move.
    let mut all_new = urls(new.iter().map(of_now));
    let mut all_gone = urls(gone.iter().map(|(at, _)| of_then(at)));
    for (to, from) in &moved {
        let (to, from) = (of_now(to), of_then(from));
        assert!(to.definition.is_some() && to.definition == from.definition && to.name == from.name);
        assert!(all_new.insert(to.url.clone()) && all_gone.insert(from.url.clone()), "it moved once");
    }
    assert_eq!(all_new, ports(&[Fate::New, Fate::Replaced]));
    assert_eq!(all_gone, ports(&[Fate::Gone, Fate::Replaced]));
    // Nobody is left who could have moved.
    for new in new.iter().map(of_now).filter(|row| row.definition.is_some()) {
        let alike = |old: &ScanRow| old.name == new.name && old.definition == new.definition;
        assert!(!gone.iter().any(|(at, _)| alike(of_then(at))), "{} moved", new.name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn it_is_what_a_plain_look_says(
        now in prop::collection::vec(port(), usize::from(PORTS)),
        then in prop::collection::vec(port(), usize::from(PORTS)),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let scope = runtime.block_on(scope());
        check(&Scan::of(&scope, &now), &Scan::of(&scope, &then));
    }

    #[test]
    fn a_scan_beside_itself_is_the_same(ports in prop::collection::vec(port(), usize::from(PORTS))) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let scan = Scan::of(&runtime.block_on(scope()), &ports);
        let servers = scan.rows.iter().filter(|row| row.is_server()).count();
        let same = Difference { same: servers as u64, ..Difference::default() };
        prop_assert_eq!(compare(scan.side(), scan.side()), same);
    }
}

#[tokio::test]
async fn what_was_cut_off_is_not_gone() {
    let scope = scope().await;
    let port = |asked, row| Port { row, asked };
    let server = Some((Outcome::Mcp, 0, Some(0)));
    let quiet =
        |at: usize| (0..usize::from(PORTS)).map(move |other| port(true, server.filter(|_| other != at)));
    let then = Scan::of(&scope, &vec![port(true, server); usize::from(PORTS)]);
    let now = Scan::of(&scope, &quiet(2).collect::<Vec<_>>());
    assert_eq!(compare(now.side(), then.side()).gone.len(), 1);
    let cut = Side { is_cut: true, ..now.side() };
    let difference = compare(cut, then.side());
    assert_eq!((difference.gone.len(), difference.not_asked_now.len()), (0, 1));
}
