use super::{GUIDE, NOW};
use crate::servers_json::read;

#[test]
fn a_file_that_cannot_be_read_is_refused_with_line_and_column() {
    for (text, line, column, words) in [
        ("", 1, 1, "empty"),
        ("  \n ", 2, 2, "empty"),
        ("{\"servers\": {\n  \"a\": {\"name\": \"b\"", 2, 20, "cut off"),
        ("{\"servers\": {\n  \"a\": {\"name\": \"b", 2, 19, "cut off"),
        ("{\"servers\": [", 1, 14, "cut off"),
        ("{\"servers\"", 1, 11, "cut off"),
        ("{\"servers\": tr", 1, 15, "cut off"),
        ("{\"servers\": {}}}", 1, 16, "end of the data"),
        ("{\"servers\": {},,}", 1, 16, "a key"),
        ("{\"servers\": {} /* never ends", 1, 16, "cut off"),
        ("{\"servers\": {'a': 1}}", 1, 14, "double quotes"),
        ("{\"servers\" {}}", 1, 12, "`:`"),
        ("{\"servers\": {} \"a\": 1}", 1, 16, "`,` or `}`"),
        ("{\"é\": yes}", 1, 7, "no value"),
        ("{\"servers\": \"\\q\"}", 1, 15, "escape"),
        ("{\"servers\": 5}", 1, 13, "no list of servers"),
        ("{\"other\": {}}", 1, 1, "no list of servers"),
        ("\"x\"", 1, 1, "no list of servers"),
        ("<html>", 1, 1, "a value"),
    ] {
        let error = read(text, NOW).expect_err(text);
        assert_eq!((error.line, error.column), (line, column), "{text:?}: {error}");
        assert!(error.message.contains(words), "{text:?}: {error}");
    }
}

#[test]
fn deep_and_large_files_are_refused_without_harm() {
    for deep in ["[".repeat(100_000), "{\"a\":".repeat(100_000)] {
        assert!(read(&deep, NOW).unwrap_err().message.contains("nests deeper"));
    }
}

#[test]
fn every_cut_of_a_good_file_is_refused() {
    for end in 0..GUIDE.len() {
        let error = read(&GUIDE[..end], NOW).expect_err("half a file is never taken for all of it");
        assert!(error.line >= 1 && error.column >= 1);
    }
}
