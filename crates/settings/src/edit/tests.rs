//! Random edits of ordinary and nasty files: every one is carried out, reads as wanted, and leaves all else as it was.

use serde_json::{Map, json};

use super::*;
use crate::find::{Lines, find, lines};
use crate::syntax::Tree;
use model::config::{KeyPath, Part};

const EXAMPLE: &str = include_str!("../../../model/examples/mcp-discovery.example.yaml");
const GUIDE: &str = include_str!("../../../model/examples/guide.yaml");

fn files() -> Vec<(&'static str, String)> {
    let comments = include_str!("files/comments.yaml");
    vec![
        ("the example", EXAMPLE.to_owned()),
        ("the guide's", GUIDE.to_owned()),
        ("comments", comments.to_owned()),
        ("CRLF and a BOM", format!("\u{feff}{}", comments.replace('\n', "\r\n"))),
        ("four spaces", include_str!("files/four.yaml").to_owned()),
        ("indentless lists", include_str!("files/indentless.yaml").to_owned()),
        ("flow over lines", include_str!("files/flow.yaml").to_owned()),
        ("scalars", include_str!("files/scalars.yaml").to_owned()),
    ]
}

/// Numbers that can be had again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % most.max(1) as u64).unwrap()
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    fn value(&mut self, depth: usize) -> Value {
        let texts = [
            "no",
            "*.read",
            "1e3",
            "plain",
            "two words",
            "a: b",
            "a # b",
            "",
            "it's",
            "\u{e9}",
            "x\ny",
            "${NAME}",
            "-",
        ];
        match self.below(if depth > 2 { 5 } else { 8 }) {
            0 => json!(self.below(100_000)),
            1 => json!(0.25),
            2 => json!(self.below(2) == 0),
            3 | 4 => json!(self.one(&texts)),
            5 => (0..self.below(4)).map(|_| self.value(depth + 1)).collect(),
            _ => Value::Object(
                (0..self.below(4)).map(|_| (self.key(), self.value(depth + 1))).collect::<Map<_, _>>(),
            ),
        }
    }

    fn key(&mut self) -> String {
        let keys =
            ["timeout", "enabled", "new", "weather.*", "no", "5", "a b", "strict", "gateway", "max_failures"];
        (*self.one(&keys)).to_owned()
    }

    fn edit(&mut self, now: &Value) -> Edit {
        let mut places = Vec::new();
        walk(&KeyPath::default(), now, &mut places);
        let path = self.one(&places).clone();
        let parent = KeyPath(path.0[..path.0.len() - 1].to_vec());
        let siblings = at(now, &parent).map_or(0, |value| {
            value.as_array().map_or_else(|| value.as_object().map_or(0, Map::len), Vec::len)
        });
        let is_there = at(now, &path).is_some();
        match self.below(if is_there { 10 } else { 4 }) {
            0..=3 => Edit::set(path, self.value(1)),
            4 => only_if(
                at(now, &parent).is_some_and(Value::is_object),
                Edit::set(parent.below(self.key().as_str()), self.value(0)),
            ),
            5 | 6 => Edit::remove(path),
            7 | 8 => {
                let value = Some(self.value(1));
                let at_end = matches!(path.0.last(), Some(Part::Item(_))) && self.below(2) == 0;
                let path = if at_end { parent.below(siblings) } else { path };
                match path.0.last() {
                    Some(Part::Item(_)) => Edit { op: Op::Insert, path, value, to: None },
                    _ => Edit::set(path, self.value(0)),
                }
            }
            _ => Edit { op: Op::Move, path, value: None, to: Some(self.below(siblings)) },
        }
    }
}

/// Harmless where it would make no sense.
fn only_if(makes_sense: bool, edit: Edit) -> Edit {
    if makes_sense { edit } else { Edit::set(KeyPath(vec!["strict".into()]), json!(true)) }
}

fn walk(path: &KeyPath, value: &Value, found: &mut Vec<KeyPath>) {
    let mut below = |path: KeyPath, value: &Value| {
        walk(&path, value, found);
        found.push(path);
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| below(path.below(key.as_str()), value)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(item, value)| below(path.below(item), value));
        }
        _ => {}
    }
    if path.0.is_empty() && found.is_empty() {
        found.push(KeyPath(vec!["strict".into()]));
    }
}

fn at<'v>(value: &'v Value, path: &KeyPath) -> Option<&'v Value> {
    path.0.iter().try_fold(value, |value, part| match part {
        Part::Key(key) => value.get(key),
        Part::Item(item) => value.get(item),
    })
}

/// What an edit means, told once more and without a text.
fn wanted(now: &Value, edit: &Edit) -> Value {
    let mut value = if now.is_null() { json!({}) } else { now.clone() };
    let (last, parent) = edit.path.0.split_last().unwrap();
    let mut at = &mut value;
    for part in parent {
        at = match part {
            Part::Key(key) => &mut at[key],
            Part::Item(item) => &mut at[item],
        };
    }
    match (last, edit.op) {
        (Part::Key(key), Op::Remove) => drop(at.as_object_mut().unwrap().shift_remove(key)),
        (Part::Item(item), Op::Remove) => drop(at.as_array_mut().unwrap().remove(*item)),
        (Part::Item(item), Op::Insert) => {
            at.as_array_mut().unwrap().insert(*item, edit.value.clone().unwrap());
        }
        (Part::Item(item), Op::Move) => {
            let items = at.as_array_mut().unwrap();
            let moved = items.remove(*item);
            items.insert(edit.to.unwrap(), moved);
        }
        (Part::Key(_), Op::Move) => {}
        (Part::Key(key), _) => at[key] = edit.value.clone().unwrap(),
        (Part::Item(item), _) => at[item] = edit.value.clone().unwrap(),
    }
    value
}

/// Every line that is not of the edited entry is still there, in its order.
fn other_lines_stay(before: &str, after: &str, edit: &Edit) -> bool {
    if edit.op == Op::Move {
        return same_words(before, after);
    }
    let with_end = format!("{before}\n");
    let tree = Tree::read(&with_end).unwrap();
    let found = tree.root.as_ref().filter(|root| !root.is_null()).and_then(|_| find(&tree, &edit.path).ok());
    let flow_or_gone = found.as_ref().is_none_or(|found| {
        found.parent.is_flow() || found.holder.is_some_and(|holder| holder.value().len() == 0)
    });
    if flow_or_gone {
        return true;
    }
    let found = found.unwrap();
    let own = match found.index.and_then(|index| found.parent.child(index)) {
        Some(child) if edit.op != Op::Insert => lines(&with_end, child),
        _ => Lines { range: 0..0, is_own: true },
    };
    // What followed behind a dash stands there then.
    let bare = |line: &str| line.trim_start_matches([' ', '-']).to_owned();
    let is_same = |one: &str, other: &str| one == other || !own.is_own && bare(one) == bare(other);
    let mut left = after.lines();
    let mut offset = 0;
    for line in before.split_inclusive('\n') {
        let is_own = own.range.start < offset + line.len() && offset < own.range.end;
        let line_at = offset;
        offset += line.len();
        let text = line.trim_end_matches(['\r', '\n']);
        // An empty collection is marked in the line of its holder.
        let holds = found.holder.is_some_and(|holder| (line_at..offset).contains(&holder.start()));
        if !is_own && !holds && !text.trim().is_empty() && !left.any(|other| is_same(other, text)) {
            return false;
        }
    }
    true
}

/// What moved stands in other lines, and maybe behind a dash.
fn same_words(before: &str, after: &str) -> bool {
    fn sorted(text: &str) -> Vec<&str> {
        let words = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']' | '{' | '}' | '-'));
        let mut words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        words.sort_unstable();
        words
    }
    sorted(before) == sorted(after)
}

fn comments(text: &str) -> Vec<String> {
    let tree = Tree::read(text).unwrap_or_else(|_| panic!("cannot be read:\n{text}"));
    tree.comments_outside(&[]).into_iter().map(str::to_owned).collect()
}

/// What is wrong with the result of an edit.
fn judge(before: &str, after: &str, now: &Value, edit: &Edit) -> Result<(), &'static str> {
    let read = value(after).map_err(|_| "no YAML")?;
    let read = if read.is_null() { json!({}) } else { read };
    if read != wanted(now, edit) {
        return Err("it reads otherwise");
    }
    if !other_lines_stay(before, after, edit) {
        return Err("another line changed");
    }
    let (was, is) = (comments(before), comments(after));
    let may_lose = edit.op != Op::Insert && edit.op != Op::Move;
    if is.len() != was.len() && !(may_lose && is.len() < was.len())
        || !is.iter().all(|comment| was.contains(comment))
    {
        return Err("a comment changed");
    }
    Ok(())
}

/// The lines that only one of two texts has.
fn differing(before: &str, after: &str) -> String {
    let only = |one: &str, other: &str, mark: &str| -> String {
        let lines = one.lines().filter(|line| !other.lines().any(|same| same == *line));
        lines.map(|line| format!("{mark}{line}\n")).collect::<Vec<_>>().concat()
    };
    only(before, after, "-") + &only(after, before, "+")
}

fn chain(text: &str, seed: u64) -> Result<(), String> {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut text = text.to_owned();
    for step in 0..20 {
        let now = value(&text).unwrap();
        let edit = dice.edit(&now);
        let failed = |what: &str, after: &str| {
            format!("seed {seed}, step {step}: {edit:?}: {what}\n{}", differing(&text, after))
        };
        let result = super::edit(&text, std::slice::from_ref(&edit));
        // Blank lines are part of a text that keeps its line ends: nothing moves past one without changing it.
        if edit.op == Op::Move && text.contains("|+") && matches!(result, Err(EditError::Unproven { .. })) {
            continue;
        }
        let after = result.map_err(|error| {
            let written = crate::wanted::changes(&now, &edit).map(|changes| write(&text, &changes[0]));
            failed(&error.to_string(), written.ok().and_then(Result::ok).as_deref().unwrap_or(&text))
        })?;
        judge(&text, &after, &now, &edit).map_err(|what| failed(what, &after))?;
        text = after;
    }
    Ok(())
}

/// What went wrong in so many chains of edits of every file.
fn failures(chains: u64) -> String {
    let of_file = |(name, text): (&str, String)| {
        let failed: Vec<String> = (1..=chains).filter_map(|seed| chain(&text, seed).err()).collect();
        let first = failed.first()?;
        Some(format!("{name}: {} of {chains} chains, such as {first}\n", failed.len()))
    };
    files().into_iter().filter_map(of_file).collect::<Vec<_>>().concat()
}

#[test]
fn chains_of_random_edits_read_as_wanted_and_leave_the_rest() {
    assert_eq!(failures(10), "");
}

#[test]
#[ignore = "long: 48,000 edits of eight files"]
fn three_hundred_chains_of_random_edits_read_as_wanted_and_leave_the_rest() {
    assert_eq!(failures(300), "");
}

/// An editor that does what it should, and then something else.
fn planted(fault: fn(&str) -> String) -> Result<String, EditError> {
    let editor = move |text: &str, change: &EditStep| write(text, change).map(|text| fault(&text));
    let edit = Edit::set("health_monitoring.timeout".parse().unwrap(), json!(7));
    edit_by(include_str!("files/comments.yaml"), &[edit], &editor)
}

#[test]
fn a_fault_of_the_editor_is_caught() {
    assert!(planted(str::to_owned).is_ok());
    let faults: [fn(&str) -> String; 7] = [
        |text| text.replace("  # about the checks\n", ""),
        |text| text.replace("         # seconds", ""),
        |text| text.replace("# seconds", "# second"),
        |text| text.replace("max_failures: 4", "max_failures: 5"),
        |text| text.replace("\n\n", "\n"),
        |text| text.replace("[a, b, c]", "[ a, b, c ]"),
        |text| text.replace("timeout: 7", "timeout: 8"),
    ];
    for (number, fault) in faults.into_iter().enumerate() {
        let caught = planted(fault);
        assert!(matches!(caught, Err(EditError::Unproven { .. })), "fault {number}: {caught:?}");
    }
}

#[test]
fn what_stands_for_something_else_is_refused_with_its_place() {
    let text = "defaults: &d\n  timeout: 5\nrouting_rules:\n  a: *d\n  b:\n    <<: *d\n    priority: 1\n";
    let set = |path: &str| super::edit(text, &[Edit::set(path.parse().unwrap(), json!(9))]);
    let place = |line, column| (line, column);
    match set("routing_rules.a.timeout") {
        Err(EditError::Alias { line, column, .. }) => assert_eq!((line, column), place(4, 6)),
        other => panic!("{other:?}"),
    }
    match set("defaults.timeout") {
        Err(EditError::Anchor { line, .. }) => assert_eq!(line, 2),
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        super::edit(text, &[Edit::remove("defaults".parse().unwrap())]),
        Err(EditError::Anchor { .. })
    ));
    // Beside the alias, everything can be edited; what is merged in is overridden.
    assert!(set("routing_rules.b.priority").unwrap().contains("    priority: 9\n"));
    assert!(set("routing_rules.b.timeout").unwrap().ends_with("    priority: 1\n    timeout: 9\n"));
    assert!(set("routing_rules.a").unwrap().contains("  a: 9\n"));
}

#[test]
fn what_makes_no_sense_is_said_with_a_remedy() {
    let text = "strict: true\nregistries:\n- backend: memory\n";
    let path = |text: &str| -> KeyPath { text.parse().unwrap() };
    let insert = Edit { op: Op::Insert, ..Edit::set(path("strict"), json!(true)) };
    let move_far = Edit { op: Op::Move, path: path("registries[0]"), value: None, to: Some(3) };
    for (edit, words) in [
        (Edit::remove(path("gateway.listen")), "there is nothing to remove"),
        (Edit::set(path("strict.a"), json!(1)), "set it as a whole"),
        (Edit::set(path("registries[4].name"), json!("a")), "use a number from 0 to 1"),
        (Edit::set(path("strict"), Value::Null), "its default applies"),
        (insert, "set it instead"),
        (move_far, "use a number from 0 to 0"),
    ] {
        let error = super::edit(text, &[edit]).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    let twice = super::edit("a:\n  b: 1\n  b: 2\n", &[Edit::set(path("a.b"), json!(3))]).unwrap_err();
    assert!(twice.to_string().contains("is there twice"), "{twice}");
    assert!(matches!(super::edit("a: [", &[Edit::set(path("a"), json!(3))]), Err(EditError::NoYaml(_))));
}

#[test]
fn a_new_key_stands_where_the_example_has_it() {
    let set = |text: &str, path: &str, value: Value| {
        super::edit(text, &[Edit::set(path.parse().unwrap(), value)]).unwrap()
    };
    let text = set(GUIDE, "health_monitoring.min_successes", json!(2));
    assert_eq!(text, GUIDE.replace("max_failures: 3\n", "max_failures: 3\n  min_successes: 2\n"));
    let text = set(GUIDE, "health_monitoring.warn_ms", json!(500));
    assert_eq!(text, GUIDE.replace("    - tool_availability\n", "    - tool_availability\n  warn_ms: 500\n"));
    let text = set(GUIDE, "gateway.listen", json!("127.0.0.1:8091"));
    assert_eq!(text, format!("{GUIDE}\ngateway:\n  listen: 127.0.0.1:8091\n"));
    let text = set(GUIDE, "load_balancing.preferred_region", json!("no"));
    assert_eq!(
        text,
        GUIDE.replace(
            "strategy: health_weighted\n",
            "strategy: health_weighted\n  preferred_region: \"no\"\n"
        )
    );
    let text = set(GUIDE, "network_discovery.networks[2]", json!("10.1.0.0/16"));
    assert_eq!(text, GUIDE.replace("\"10.0.0.0/8\"\n", "\"10.0.0.0/8\"\n    - \"10.1.0.0/16\"\n"));
    let text = set(GUIDE, "network_discovery.scan_ports", json!([8080, 9000, 8082]));
    assert_eq!(text, GUIDE.replace("8081", "9000"), "a list is changed by its items");
    let back = super::edit(
        &set(GUIDE, "metrics.export_interval", json!(5)),
        &[Edit::remove("metrics".parse().unwrap())],
    );
    assert_eq!(back.unwrap(), GUIDE, "what was added and taken away leaves nothing");
}

#[test]
fn every_key_there_is_can_be_set_and_reset() {
    for described in model::config::keys() {
        let path = described.path.replace('*', "\"x.y\"").replace("[]", "[0]");
        let path: KeyPath = path.parse().unwrap();
        let example = value(described.key.example).unwrap();
        let set = super::edit(GUIDE, &[Edit::set(path.clone(), example.clone())]).unwrap();
        assert_eq!(at(&value(&set).unwrap(), &path), Some(&example), "{path}");
        let reset = super::edit(&set, &[Edit::remove(path.clone())]).unwrap();
        assert_eq!(at(&value(&reset).unwrap(), &path), None, "{path}");
        let top = KeyPath(path.0[..1].to_vec());
        if at(&value(GUIDE).unwrap(), &top).is_none() {
            let without = super::edit(&set, &[Edit::remove(top)]).unwrap();
            assert_eq!(without, GUIDE, "{path}: a section that comes and goes leaves nothing");
        }
    }
}

#[test]
fn one_value_of_the_guides_file_is_one_line() {
    let now = value(GUIDE).unwrap();
    let mut places = Vec::new();
    walk(&KeyPath::default(), &now, &mut places);
    for path in places {
        let other = match at(&now, &path).unwrap() {
            Value::Bool(is) => json!(!is),
            Value::Number(_) => json!(17),
            Value::String(text) => json!(format!("{text}x")),
            _ => continue,
        };
        let after = super::edit(GUIDE, &[Edit::set(path.clone(), other)]).unwrap();
        let differ = GUIDE.lines().zip(after.lines()).filter(|(before, after)| before != after).count();
        assert_eq!((differ, after.lines().count()), (1, GUIDE.lines().count()), "{path}");
    }
}

#[test]
fn a_file_whose_last_line_has_no_end_is_edited_as_any() {
    let path = |text: &str| -> KeyPath { text.parse().unwrap() };
    let text = "strict: true\n\ngateway: 1";
    let after = |edit: Edit| super::edit(text, &[edit]).unwrap();
    assert_eq!(after(Edit::remove(path("gateway"))), "strict: true\n");
    assert_eq!(after(Edit::remove(path("strict"))), "\ngateway: 1");
    assert_eq!(after(Edit::set(path("gateway"), json!(2))), "strict: true\n\ngateway: 2");
    assert_eq!(after(Edit::set(path("zz"), json!(2))), "strict: true\n\ngateway: 1\nzz: 2");
    let first = Edit { op: Op::Move, path: path("gateway"), value: None, to: Some(0) };
    assert_eq!(after(first), "gateway: 1\n\nstrict: true");
    assert_eq!(super::edit("a: 1", &[Edit::remove(path("a"))]).unwrap(), "");
}

#[test]
fn every_file_of_these_tests_can_be_read_as_a_tree() {
    for (name, text) in files() {
        assert!(Tree::read(&text).is_ok(), "{name}");
    }
}
