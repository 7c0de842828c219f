//! What has to be on the machine, how its absence is detected, and the package's name on each system.

use crate::workspace::{Workspace, answer};

/// One thing that has to be on the machine.
pub(crate) struct Need {
    pub(crate) what: LookedForBy,
    pub(crate) apt: &'static str,
    pub(crate) dnf: &'static str,
    pub(crate) pacman: &'static str,
}

/// How a thing is looked for.
pub(crate) enum LookedForBy {
    /// A program on the path.
    Program(&'static str),
    /// A library that `pkg-config` knows.
    Library(&'static str),
    /// A command that succeeds and prints something.
    Answer(&'static [&'static str]),
}

const fn program(name: &'static str, apt: &'static str, dnf: &'static str, pacman: &'static str) -> Need {
    Need { what: LookedForBy::Program(name), apt, dnf, pacman }
}

/// To compile: SQLite and the TLS primitives are C.
pub(crate) const BUILD: &[Need] = &[
    program("cc", "build-essential", "gcc", "base-devel"),
    program("c++", "build-essential", "gcc-c++", "base-devel"),
];

/// To compile and show the window.
pub(crate) const WINDOW: &[Need] = &[
    program("pkg-config", "pkg-config", "pkgconf-pkg-config", "pkgconf"),
    Need {
        what: LookedForBy::Library("webkit2gtk-4.1"),
        apt: "libwebkit2gtk-4.1-dev",
        dnf: "webkit2gtk4.1-devel",
        pacman: "webkit2gtk-4.1",
    },
    // Without any font the window is full of empty boxes.
    Need {
        what: LookedForBy::Answer(&["fc-list"]),
        apt: "fontconfig fonts-dejavu-core",
        dnf: "fontconfig dejavu-sans-fonts",
        pacman: "fontconfig ttf-dejavu",
    },
];

/// To drive the real window and a browser, to keep secrets in a real keyring, to have networks and
/// certificates of a test's own, and to start the PyPI servers that tests talk to.
pub(crate) const TESTS: &[Need] = &[
    program("WebKitWebDriver", "webkit2gtk-driver", "webkit2gtk4.1", "webkit2gtk-4.1"),
    program("Xvfb", "xvfb", "xorg-x11-server-Xvfb", "xorg-server-xvfb"),
    program("xauth", "xauth", "xorg-x11-xauth", "xorg-xauth"),
    program("dbus-run-session", "dbus", "dbus-daemon", "dbus"),
    program("gnome-keyring-daemon", "gnome-keyring", "gnome-keyring", "gnome-keyring"),
    program("ip", "iproute2", "iproute", "iproute2"),
    program("openssl", "openssl", "openssl", "openssl"),
    program("chromium", "chromium", "chromium", "chromium"),
    VENV,
];

const VENV: Need = Need {
    what: LookedForBy::Answer(&["python3", "-c", "import ensurepip, venv; print('yes')"]),
    apt: "python3-venv",
    dnf: "python3",
    pacman: "python",
};

/// To read the figures as operators do, and beside those of another program.
pub(crate) const METRICS: &[Need] = &[
    program("promtool", "prometheus", "golang-github-prometheus", "prometheus"),
    program(
        "prometheus-alertmanager",
        "prometheus-alertmanager",
        "golang-github-prometheus-alertmanager",
        "alertmanager",
    ),
    program(
        "prometheus-blackbox-exporter",
        "prometheus-blackbox-exporter",
        "golang-github-prometheus-blackbox-exporter",
        "prometheus-blackbox-exporter",
    ),
];

/// To compile the balancers that decisions are measured beside: zlib-ng comes with pingora.
pub(crate) const PEERS: &[Need] = &[program("cmake", "cmake", "cmake", "cmake")];

/// The proxies that the gateway is measured beside, and what the tools folder is made with.
pub(crate) const PROXIES: &[Need] =
    &[program("nginx", "nginx", "nginx", "nginx"), program("haproxy", "haproxy", "haproxy", "haproxy"), VENV];

/// A Node to bootstrap with, when there is none at all.
pub(crate) const NODE: &[Need] =
    &[program("node", "nodejs", "nodejs", "nodejs"), program("npm", "npm", "nodejs-npm", "npm")];

impl Need {
    /// The thing is not there.
    pub(crate) fn is_missing(&self, workspace: &Workspace) -> bool {
        match self.what {
            LookedForBy::Program(name) => workspace.which(name.as_ref()).is_none(),
            LookedForBy::Library(name) => {
                answer(workspace.command("pkg-config").args(["--exists", name])).is_none()
            }
            LookedForBy::Answer(line) => !answers(workspace, line),
        }
    }
}

fn answers(workspace: &Workspace, line: &[&str]) -> bool {
    let Some((program, arguments)) = line.split_first() else { return false };
    answer(workspace.command(program).args(arguments)).is_some_and(|said| !said.is_empty())
}
