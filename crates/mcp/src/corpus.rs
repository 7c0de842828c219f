//! Runs each input of the fuzz corpora through its target: so defects that fuzzing has found do not come back.

use std::fs;
use std::path::Path;

#[expect(unreachable_pub, reason = "the fuzz targets use it as a crate")]
#[path = "../../../fuzz/src/lib.rs"]
mod targets;

fn replay(name: &str, run: fn(&[u8])) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(format!("{name}.txt"));
    let text = fs::read_to_string(file).unwrap();
    assert!(!text.is_empty(), "there is no input");
    for (line, (name, input)) in text.lines().zip(targets::pack::read(&text)) {
        println!("{name}");
        assert!(
            targets::pack::line(name, &input).trim_end_matches('\n') == line,
            "{name} is written as it was read"
        );
        run(&input);
    }
}

/// A test for each target.
macro_rules! replayed {
    ($($target:ident),+ $(,)?) => {
        $(#[test] fn $target() { replay(stringify!($target), targets::$target); })+
    };
}

replayed!(coding, filter, frames, metadata, mirror, pages, probe_answer, servers_json, sse_stream);
