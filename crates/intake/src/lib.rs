//! How a server becomes a record, whoever brings it: a person by its address or command, a file, a scan, an edit. It is met
//! in one session, told apart from others at its address by what it is given, and what is secret of that goes to the vault.

mod add;
mod adds;
mod credentials;
mod edit;
mod error;
mod file;
mod found;
mod from_client;
mod given;
mod place;
mod trust;
mod way;

use discovery::clients::{Clients, Folders};
use mesh::Mesh;
use model::Identity;
use registry::{Registry, now};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use vault::Vault;

pub use adds::Adds;
pub use credentials::{in_clear, is_here, slot_of};
pub use error::IntakeError;
pub use found::{Registering, Sightings};

/// What it takes to meet servers and to keep them. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Intake {
    registry: Registry,
    mesh: Mesh,
    tasks: TaskTracker,
    stop: CancellationToken,
    /// What scans met last.
    pub sightings: Sightings,
    /// Servers that are being added.
    pub adds: Adds,
    /// What AI clients are set up with.
    pub clients: Clients,
    /// What our own gateway has in its version, and nobody else.
    instance: String,
}

impl Intake {
    /// `tasks` is what goes on when nobody waits for it any more; `stop` ends what is under way.
    pub fn new(
        registry: Registry,
        mesh: Mesh,
        tasks: TaskTracker,
        stop: CancellationToken,
        instance: String,
    ) -> Self {
        let (sightings, adds, clients) =
            (Sightings::default(), Adds::default(), Clients::new(Folders::here()));
        Self { registry, mesh, tasks, stop, sightings, adds, clients, instance }
    }

    /// Whether whoever says this of itself leads back to our own gateway, whatever stands between.
    fn is_ourselves(&self, said: &Identity) -> bool {
        said.version.as_deref().is_some_and(|version| version.contains(&self.instance))
    }

    fn vault(&self) -> &Vault {
        self.mesh.contact.vault()
    }
}
