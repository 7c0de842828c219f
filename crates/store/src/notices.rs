//! Notices of an earlier process: a command that moved a damaged file aside reports it and ends, and the window that is
//! opened the next day has to show it as well.

use std::io;
use std::path::Path;

use model::{Millis, Notice};

use crate::open::write_private;

/// The name of the file in the data directory.
const FILE: &str = "notices.json";

/// How long they are shown again, in milliseconds: a week.
const KEPT: Millis = 7 * 24 * 60 * 60 * 1000;

/// How many are kept, the newest.
const MOST: usize = 50;

/// Those of earlier processes that are not older than a week, by the clock of ages. A file that cannot be read contains
/// none.
pub fn earlier(folder: &Path, now: Millis) -> Vec<Notice> {
    let text = std::fs::read(folder.join(FILE)).unwrap_or_default();
    let mut notices: Vec<Notice> = serde_json::from_slice(&text).unwrap_or_default();
    notices.retain(|notice| now.saturating_sub(notice.at) < KEPT);
    notices
}

/// Keeps some for later processes.
pub fn keep(folder: &Path, new: &[Notice], now: Millis) -> io::Result<()> {
    let mut notices = earlier(folder, now);
    notices.retain(|notice| new.iter().all(|new| new.text != notice.text));
    notices.extend_from_slice(new);
    let notices = notices.split_off(notices.len().saturating_sub(MOST));
    write_private(&folder.join(FILE), &serde_json::to_vec(&notices)?)
}

#[cfg(test)]
mod tests {
    use model::NoticeLevel;

    use super::*;

    fn notice(text: &str, at: Millis) -> Notice {
        Notice { level: NoticeLevel::Warning, text: text.to_owned(), at }
    }

    #[test]
    fn they_are_told_for_a_week_and_each_once() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(earlier(folder.path(), 0), []);
        keep(folder.path(), &[notice("a", 1)], 1).unwrap();
        keep(folder.path(), &[notice("a", 2), notice("b", 3)], 3).unwrap();
        assert_eq!(earlier(folder.path(), 4), [notice("a", 2), notice("b", 3)]);
        assert_eq!(earlier(folder.path(), KEPT + 2), [notice("b", 3)]);
        std::fs::write(folder.path().join(FILE), "{").unwrap();
        assert_eq!(earlier(folder.path(), 4), []);
        let many: Vec<Notice> = (0..60).map(|at| notice(&at.to_string(), at)).collect();
        keep(folder.path(), &many, 60).unwrap();
        assert_eq!(earlier(folder.path(), 60), many[10..]);
    }
}
