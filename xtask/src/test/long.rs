//! Which tests are long: those with `#[ignore = "long: …"]`. Others are ignored because another test starts them.

use std::fs;
use std::path::Path;

use super::counts::TestCounts;
use crate::workspace::{Stop, TaskResult, Workspace, failed};

const MARK: &str = "#[ignore = \"long: ";
const PLACES: &[&str] = &["crates", "src-tauri", "tests"];

/// The names of all long tests, for the selection by the test runner. It can only choose ignored ones or all.
pub(crate) fn tests(workspace: &Workspace) -> TaskResult<Vec<String>> {
    let mut names = Vec::new();
    for place in PLACES {
        collect(&workspace.at(place), &mut names)?;
    }
    names.sort();
    Ok(names)
}

/// A name that chooses too much or nothing would be a run that says more than it did.
pub(crate) fn all_ran(marked: usize, counts: TestCounts) -> TaskResult {
    let TestCounts { passed, failed, .. } = counts;
    if u64::try_from(marked).is_ok_and(|marked| marked == passed + failed) {
        return Ok(());
    }
    Err(Stop::Failed(format!("{marked} tests are marked as long, but {passed} passed and {failed} failed")))
}

fn collect(folder: &Path, names: &mut Vec<String>) -> TaskResult {
    let entries = fs::read_dir(folder).map_err(failed(format_args!("read `{}`", folder.display())))?;
    for path in entries.flatten().map(|entry| entry.path()) {
        let is_ours = path.file_name().is_none_or(|name| name != "target" && name != "node_modules");
        if path.is_dir() && is_ours {
            collect(&path, names)?;
        } else if path.extension().is_some_and(|is| is == "rs") {
            let text = fs::read_to_string(&path);
            names.extend(marked(&text.map_err(failed(format_args!("read `{}`", path.display())))?));
        }
    }
    Ok(())
}

/// The functions that follow the mark.
fn marked(text: &str) -> Vec<String> {
    let after = text.split(MARK).skip(1);
    after.filter_map(|rest| rest.split("fn ").nth(1)?.split('(').next().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_marked_as_long_is() {
        let text = format!(
            "#[ignore = \"started by another test\"]\nfn victim() {{}}\n\
            #[tokio::test]\n{MARK}an hour\"]\nasync fn soak() {{}}\n\
            {MARK}a minute\"]\n#[test]\nfn fuzz() {{}}\nfn other() {{}}"
        );
        assert_eq!(marked(&text), ["soak", "fuzz"]);
    }

    #[test]
    fn a_long_test_that_did_not_run_is_told() {
        assert!(all_ran(2, TestCounts { passed: 1, failed: 1, skipped: 0 }).is_ok());
        assert!(all_ran(2, TestCounts { passed: 1, ..TestCounts::default() }).is_err());
    }
}
