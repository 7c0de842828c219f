//! `unpack TARGET FOLDER` makes files of a corpus, for libFuzzer; `pack TARGET FOLDER` takes them back into its one file.

use std::fs;
use std::io;
use std::path::Path;

fn main() -> io::Result<()> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    match given.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["unpack", target, folder] => unpack(target, Path::new(folder)),
        ["pack", target, folder] => pack(target, Path::new(folder)),
        _ => Err(io::Error::other("give `unpack TARGET FOLDER` or `pack TARGET FOLDER`")),
    }
}

fn file(target: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(format!("{target}.txt"))
}

fn unpack(target: &str, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let text = fs::read_to_string(file(target))?;
    fuzz::pack::read(&text).try_for_each(|(name, input)| fs::write(folder.join(name), input))
}

fn pack(target: &str, folder: &Path) -> io::Result<()> {
    let mut inputs = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    inputs.sort_by_key(fs::DirEntry::file_name);
    let mut text = String::new();
    for input in inputs {
        text += &fuzz::pack::line(&input.file_name().to_string_lossy(), &fs::read(input.path())?);
    }
    fs::write(file(target), text)
}
