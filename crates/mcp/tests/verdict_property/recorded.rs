//! Answers of real servers as they came, with one number in the place of the request's id.

use std::path::Path;
use std::sync::LazyLock;
use std::{fmt, fs};

/// Stands for the request's id, and is as long as one.
pub(crate) const ID: &str = "10203040506070";

/// One answer. The headers that say where its body ends are not recorded: they follow from how it is sent.
#[derive(Clone)]
pub(crate) struct Recorded {
    /// The file: what it answers, then who said it. What answers `any` question says nothing of it.
    pub(crate) name: String,
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl fmt::Debug for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

static ALL: LazyLock<Vec<Recorded>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verdict_property/recorded");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<_> = files.map(|file| read(&file)).collect();
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
});

/// All of them, in an order that is the same everywhere.
pub(crate) fn all() -> &'static [Recorded] {
    &ALL
}

/// Those that answer this question.
pub(crate) fn answers(question: &str) -> Vec<&'static Recorded> {
    let kind = format!("{question}-");
    all().iter().filter(|one| one.name.starts_with(&kind)).collect()
}

/// The one with this name.
pub(crate) fn named(name: &str) -> &'static Recorded {
    all().iter().find(|one| one.name == name).unwrap_or_else(|| panic!("no answer `{name}`"))
}

fn read(file: &Path) -> Recorded {
    // Some checkouts write CRLF.
    let text = fs::read_to_string(file).unwrap().replace("\r\n", "\n");
    let (head, body) = text.split_once("\n\n").unwrap();
    let (status, headers) = head.split_once('\n').unwrap_or((head, ""));
    let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
    Recorded {
        name: file.file_stem().unwrap().to_string_lossy().into_owned(),
        status: status.split(' ').nth(1).unwrap().parse().unwrap(),
        headers: headers.lines().map(|line| header(line).unwrap()).collect(),
        body: body.to_owned(),
    }
}
