//! Installs packages with apt, or says what to install.
//! Remembers from what something was made, so that it is made again only when that changed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::needs::Need;
use crate::workspace::{Stop, TaskResult, Workspace, answer, failed, run};

/// The systems whose package names we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PackageSystem {
    Apt,
    Dnf,
    Pacman,
    Mac,
    Other,
}

/// Installs what is missing of this; changes nothing if all of it is there.
pub(crate) fn ensure(workspace: &Workspace, needs: impl IntoIterator<Item = &'static Need>) -> TaskResult {
    let missing: Vec<&Need> = needs.into_iter().filter(|need| need.is_missing(workspace)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    match PackageSystem::of_this_computer() {
        PackageSystem::Apt => install_with_apt(workspace, &names(&missing, |need| need.apt)),
        system => Err(Stop::Failed(system.advice(&missing))),
    }
}

fn names(missing: &[&Need], of: impl Fn(&Need) -> &'static str) -> BTreeSet<&'static str> {
    missing.iter().flat_map(|need| of(need).split_whitespace()).collect()
}

impl PackageSystem {
    fn of_this_computer() -> Self {
        if cfg!(target_os = "macos") {
            return Self::Mac;
        }
        Self::of_release(&fs::read_to_string("/etc/os-release").unwrap_or_default())
    }

    /// From os-release(5): the own name first, then those it is like.
    fn of_release(text: &str) -> Self {
        let value = |key: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
            line.unwrap_or_default().trim_matches(['"', '\'']).to_owned()
        };
        let words = format!("{} {}", value("ID"), value("ID_LIKE"));
        let known = words.split_whitespace().find_map(|word| match word {
            "debian" | "ubuntu" => Some(Self::Apt),
            "fedora" | "rhel" => Some(Self::Dnf),
            "arch" => Some(Self::Pacman),
            _ => None,
        });
        known.unwrap_or(Self::Other)
    }

    /// One clear sentence: what to type before the task is started again.
    fn advice(self, missing: &[&Need]) -> String {
        let line = |command: &str, names: BTreeSet<&str>| {
            let names = names.into_iter().collect::<Vec<_>>().join(" ");
            format!("this computer lacks packages; install them with `{command} {names}` and try again")
        };
        match self {
            Self::Mac => "this computer lacks build tools; install them with `xcode-select --install` and \
                          `brew install node`, and try again"
                .into(),
            Self::Dnf => line("sudo dnf install", names(missing, |need| need.dnf)),
            Self::Pacman => line("sudo pacman -S --needed", names(missing, |need| need.pacman)),
            Self::Apt | Self::Other => {
                let names = names(missing, |need| need.apt).into_iter().collect::<Vec<_>>().join(", ");
                format!("this system is not known; install what Debian calls {names}, and try again")
            }
        }
    }
}

fn install_with_apt(workspace: &Workspace, packages: &BTreeSet<&str>) -> TaskResult {
    let listed = packages.iter().copied().collect::<Vec<_>>().join(" ");
    eprintln!("These packages are missing and will be installed with apt: {listed}");
    let privileged = privilege(workspace, &listed)?;
    let apt = |arguments: &[&str]| {
        let words = privileged.iter().copied().chain(["apt-get", "-o", "DPkg::Lock::Timeout=400"]);
        let mut words = words.chain(arguments.iter().copied());
        let mut command = workspace.command(words.next().unwrap_or_default());
        command.args(words);
        command
    };
    run(&mut apt(&["update", "-q"]))?;
    run(apt(&["install", "-y", "-q", "--no-install-recommends", "ca-certificates"]).args(packages))
}

/// The words that go before `apt-get`; `env` hands the variable through sudo.
fn privilege(workspace: &Workspace, packages: &str) -> TaskResult<Vec<&'static str>> {
    let quiet = ["env", "DEBIAN_FRONTEND=noninteractive"];
    if answer(workspace.command("id").arg("-u")).as_deref() == Some("0") {
        return Ok(quiet.to_vec());
    }
    if workspace.which("sudo".as_ref()).is_some() {
        return Ok([["sudo", "env"].as_slice(), &quiet[1..]].concat());
    }
    Err(Stop::Failed(format!(
        "packages are missing and there is neither root nor sudo; as root, type \
         `apt-get install --no-install-recommends {packages}` and try again"
    )))
}

/// A file that holds what the thing was made from.
pub(crate) struct Stamp {
    file: PathBuf,
}

impl Stamp {
    pub(crate) fn new(file: PathBuf) -> Self {
        Self { file }
    }

    /// It was made from exactly this.
    pub(crate) fn holds(&self, source: &str) -> bool {
        fs::read_to_string(&self.file).is_ok_and(|made_from| made_from == source)
    }

    /// To be called when it is made: a half-made thing has no stamp.
    pub(crate) fn set(&self, source: &str) -> TaskResult {
        let folder = self.file.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&self.file, source))
            .map_err(failed(format_args!("write `{}`", self.file.display())))
    }
}

/// The file as text.
pub(crate) fn text_of(file: &Path) -> TaskResult<String> {
    fs::read_to_string(file).map_err(failed(format_args!("read `{}`", file.display())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::needs::{BUILD, WINDOW};

    #[test]
    fn systems_are_told_apart() {
        assert_eq!(PackageSystem::of_release("PRETTY_NAME=\"Debian\"\nID=debian\n"), PackageSystem::Apt);
        assert_eq!(
            PackageSystem::of_release("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"),
            PackageSystem::Apt
        );
        assert_eq!(PackageSystem::of_release("ID=fedora\n"), PackageSystem::Dnf);
        assert_eq!(PackageSystem::of_release("ID=manjaro\nID_LIKE=arch\n"), PackageSystem::Pacman);
        assert_eq!(PackageSystem::of_release("ID=void\n"), PackageSystem::Other);
    }

    #[test]
    fn advice_names_each_package_once() {
        let missing: Vec<&Need> = BUILD.iter().chain(WINDOW).collect();
        let advice = PackageSystem::Pacman.advice(&missing);
        assert!(advice.contains("sudo pacman -S --needed"));
        assert_eq!(advice.matches("base-devel").count(), 1);
        assert!(PackageSystem::Dnf.advice(&missing).contains("webkit2gtk4.1-devel"));
        assert!(PackageSystem::Mac.advice(&missing).contains("xcode-select"));
    }
}
