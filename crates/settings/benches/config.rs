//! What a draft costs, as an editor asks for one while a person types: read, edit, prove, check and compare. A figure is the
//! median of 51 samples.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and stops where it cannot go on"
)]
#![expect(clippy::disallowed_types, reason = "nothing here has a clock that could be paused")]

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use api::ConfigEdit;
use serde_json::json;
use settings::{Settings, Wanted};

const SAMPLES: usize = 51;
const GUIDE: &str = include_str!("../../model/examples/guide.yaml");

fn main() {
    let folder = tempfile::tempdir().unwrap();
    for lines in [200, 2_000] {
        let text = file(lines);
        let path = folder.path().join(format!("{lines}.yaml"));
        std::fs::write(&path, &text).unwrap();
        let settings = Settings::new(Some(path), folder.path());
        let count = text.lines().count();
        let middle = count / 8;
        for (what, edit) in [
            ("one value", ConfigEdit::set("health_monitoring.timeout".parse().unwrap(), json!(7))),
            (
                "a value in the middle",
                ConfigEdit::set(
                    format!("routing_rules.\"tool.number{middle}.*\".timeout").parse().unwrap(),
                    json!(7),
                ),
            ),
            (
                "a new rule",
                ConfigEdit::set("routing_rules.\"new.*\"".parse().unwrap(), json!({ "timeout": 5 })),
            ),
        ] {
            let wanted = Wanted { edits: vec![edit], ..Wanted::default() };
            report(&format!("a draft of {what}, {count} lines"), || drop(settings.draft(&wanted).unwrap()));
        }
        let typed = Wanted { text: Some(text.replace("timeout: 10", "timeout: 400")), ..Wanted::default() };
        report(&format!("the problems of a typed text, {count} lines"), || {
            drop(settings.draft(&typed).unwrap());
        });
    }
}

/// The guide's file, with so many rules that it has that many lines.
fn file(lines: usize) -> String {
    let mut text = GUIDE.to_owned();
    for rule in 0..(lines - GUIDE.lines().count()) / 4 {
        // Writing into memory cannot fail.
        let _ = write!(
            text,
            "  # rule {rule}\n  \"tool.number{rule}.*\":\n    preferred_regions: [\"us-west-2\", eu]   # near\n    timeout: {}\n",
            rule % 50 + 1
        );
    }
    text
}

fn report(what: &str, mut work: impl FnMut()) {
    let mut samples: Vec<Duration> = (0..SAMPLES)
        .map(|_| {
            let begun = Instant::now();
            work();
            begun.elapsed()
        })
        .collect();
    samples.sort_unstable();
    let at =
        |share: usize| samples.get(SAMPLES * share / 100).copied().unwrap_or_default().as_secs_f64() * 1000.0;
    println!("{what:45} {:7.2} ms   95 % within {:7.2} ms", at(50), at(95));
}
