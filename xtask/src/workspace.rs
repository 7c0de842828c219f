//! Where things are, and how programs are started there.
//! Why a task ended early, in one clear sentence.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The checkout, and the programs that tasks start in it.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
    path: OsString,
}

impl Workspace {
    /// The checkout this program was built from, and the target folder it was built into.
    pub(crate) fn find() -> TaskResult<Self> {
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let root = manifest.as_deref().and_then(Path::parent).map(Path::to_owned);
        let program = std::env::current_exe().map_err(failed("find this program"))?;
        let target = program.ancestors().nth(2).map(Path::to_owned);
        let (Some(root), Some(target)) = (root, target) else {
            return Err(Stop::Failed("this program is started by `cargo xtask`".into()));
        };
        Ok(Self { root, target, path: std::env::var_os("PATH").unwrap_or_default() })
    }

    /// A file or folder of the checkout.
    pub(crate) fn at(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// A program that cargo built.
    pub(crate) fn built(&self, profile: &str, name: &str) -> PathBuf {
        self.target.join(profile).join(name).with_extension(std::env::consts::EXE_EXTENSION)
    }

    /// Where cargo builds.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Programs in this folder go before those of the system, for everything that is started later.
    pub(crate) fn prefer(&mut self, folder: &Path) -> TaskResult {
        let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&self.path));
        self.path = std::env::join_paths(folders).map_err(|error| Stop::Failed(error.to_string()))?;
        Ok(())
    }

    /// A program, to be started at the top of the checkout.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let program = program.as_ref();
        // `Command` looks a name up in our own PATH, not in the one the child gets.
        let mut command = Command::new(self.which(program).unwrap_or_else(|| program.into()));
        command.current_dir(&self.root).env("PATH", &self.path);
        command
    }

    /// `cargo`, the one that started this program.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = self.command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.env_remove("CARGO_MANIFEST_DIR").env("CARGO_TARGET_DIR", &self.target);
        command
    }

    /// Where a program is, when it is on the path.
    pub(crate) fn which(&self, program: &OsStr) -> Option<PathBuf> {
        let mut candidates = std::env::split_paths(&self.path).map(|folder| folder.join(program));
        candidates.find(|candidate| candidate.with_extension(std::env::consts::EXE_EXTENSION).is_file())
    }
}

/// Runs a command whose failure ends the task. Its output goes to the terminal.
pub(crate) fn run(command: &mut Command) -> TaskResult {
    let name = name_of(command);
    let status = command.status().map_err(failed(format_args!("start `{name}`")))?;
    if status.success() { Ok(()) } else { Err(Stop::Failed(format!("`{name}` failed: {status}"))) }
}

/// The output of a command, if it succeeds.
pub(crate) fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn name_of(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let first = command.get_args().next().unwrap_or_default();
    format!("{} {}", program.display(), first.display()).trim_end().to_owned()
}

/// The result of a task.
pub(crate) type TaskResult<T = ()> = Result<T, Stop>;

/// There is no recovery from these: they are printed and the program ends.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The command line was wrong: exit code 2.
    Usage(String),
    /// Something did not work: exit code 1.
    Failed(String),
}

impl Stop {
    /// The exit code, as `mcp-discovery` uses them.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Failed(_) => 1,
        }
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(sentence) => write!(out, "{sentence}; see `cargo xtask --help`"),
            Self::Failed(sentence) => out.write_str(sentence),
        }
    }
}

impl From<lexopt::Error> for Stop {
    fn from(error: lexopt::Error) -> Self {
        Self::Usage(error.to_string())
    }
}

/// Reports what was being done when the operating system refused.
pub(crate) fn failed(doing: impl fmt::Display) -> impl FnOnce(std::io::Error) -> Stop {
    move |error| Stop::Failed(format!("cannot {doing}: {error}"))
}
