//! The core a command talks to: the one that owns the data directory, over HTTP, or, when none runs, one of its own.

use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use api::{ApiError, Empty, Operations, Perform};
use app::{App, Options, OwnerCard, OwnerKind, StartError};
use futures::{Stream, StreamExt};
use model::{EventBatch, ServerRow};
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::time::{Instant, timeout_at};

use crate::args::Common;
use crate::failure::CommandFailure;
use crate::print::note;
use crate::remote::RemoteCore;

/// Another command holds the directory for a moment only: worth waiting for.
const WAIT_FOR_COMMANDS: Duration = Duration::from_secs(20);
const ASK_AGAIN: Duration = Duration::from_millis(15);

/// Batches of events, as they travel.
pub(crate) type Batches = Pin<Box<dyn Stream<Item = EventBatch<ServerRow>> + Send>>;

pub(crate) enum OpenCore {
    Own(App),
    Remote(RemoteCore),
}

impl OpenCore {
    /// Finds the owner of the data directory, or becomes it; with `mends_config` also where the configuration is broken.
    pub(crate) async fn open(common: &Common, mends_config: bool) -> Result<Self, CommandFailure> {
        let give_up = Instant::now() + WAIT_FOR_COMMANDS;
        loop {
            let options = Options { mends_config, ..options(common, OwnerKind::Command) };
            let (dir, owner) = match App::start(options).await {
                Ok(app) => {
                    app.found().iter().for_each(|found| note(found));
                    return Ok(Self::Own(app));
                }
                Err(StartError::Owned { dir, owner }) => (dir, owner),
                Err(error) => return Err(error.into()),
            };
            if let Some(remote) = owner.as_deref().and_then(reach) {
                // A process that was stopped still accepts connections, and says nothing.
                match timeout_at(give_up, remote.status(Empty {})).await {
                    Ok(Ok(_)) => return Ok(Self::Remote(remote)),
                    Ok(Err(error)) if Instant::now() >= give_up => return Err(error.into()),
                    Ok(Err(_)) | Err(_) => {}
                }
            }
            if Instant::now() >= give_up {
                return Err(StartError::Owned { dir, owner }.into());
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
    }

    /// Subscribed when this returns: what happens from here on is seen.
    pub(crate) async fn events(&self) -> Result<Batches, CommandFailure> {
        match self {
            Self::Own(app) => Ok(Box::pin(app.events().map(EventBatch::into_rows))),
            Self::Remote(remote) => Ok(remote.events().await?),
        }
    }

    /// Leaves the directory as it is found again: everything written, the lock free.
    pub(crate) async fn close(self) {
        if let Self::Own(app) = self {
            app.shutdown().await;
        }
    }
}

impl Perform for OpenCore {
    async fn perform(&self, name: &str, args: Value) -> Result<Box<RawValue>, ApiError> {
        match self {
            Self::Own(app) => app.perform(name, args).await,
            Self::Remote(remote) => remote.perform(name, args).await,
        }
    }
}

pub(crate) fn options(common: &Common, face: OwnerKind) -> Options {
    let (data_dir, config) = (common.data_dir.clone().map(absolute), common.config.clone());
    Options { data_dir, config, face, mends_config: false }
}

/// Other processes read the token's path from the owner's card, wherever they stand.
fn absolute(dir: PathBuf) -> PathBuf {
    std::path::absolute(&dir).unwrap_or(dir)
}

/// The owner's address and secret; none while it starts, or for a command that does not listen.
fn reach(owner: &OwnerCard) -> Option<RemoteCore> {
    let address = owner.address.as_ref()?;
    let token = std::fs::read_to_string(&owner.token_file).ok()?;
    RemoteCore::new(address, &token)
}
