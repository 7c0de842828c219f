//! How a server becomes a record, whatever its source: the user by its address or command, a file, a scan, an edit. It is
//! probed in one session, distinguished from others at its address by what it is given, and its secrets go to the vault.

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

/// The parts that are needed to probe servers and to keep them. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Intake {
    registry: Registry,
    mesh: Mesh,
    tasks: TaskTracker,
    stop: CancellationToken,
    /// What scans found last.
    pub sightings: Sightings,
    /// Servers that are being added.
    pub adds: Adds,
    /// The servers of AI clients.
    pub clients: Clients,
    /// The mark in the version of our own gateway, which no other server has.
    instance: String,
}

impl Intake {
    /// `tasks` is for work that continues when nothing waits for it any more; `stop` ends what is under way.
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

    /// Whether a server that reports this about itself leads back to our own gateway, whatever is between.
    fn is_ourselves(&self, said: &Identity) -> bool {
        said.version.as_deref().is_some_and(|version| version.contains(&self.instance))
    }

    fn vault(&self) -> &Vault {
        self.mesh.contact.vault()
    }
}
