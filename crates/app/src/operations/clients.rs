//! AI clients and what they are set up with.

use std::path::Path;

use api::{ClientList, ClientsArgs, ErrorCode};
use discovery::clients::ThisApp;
use model::{ClientReport, SightingKind};

use crate::App;
use crate::error::OperationError;

impl App {
    pub(super) async fn clients(&self, args: ClientsArgs) -> Result<ClientList, OperationError> {
        let is_none = |folder: &&String| !Path::new(folder).is_absolute() || !Path::new(folder).is_dir();
        if let Some(odd) = args.projects.iter().find(is_none) {
            let message = format!("there is no folder `{odd}` on this computer: give it from its root on");
            return Err(OperationError::arguments(message));
        }
        Ok(ClientList { clients: self.read_clients(args.projects).await? })
    }

    /// Reads them, holds them against the list, and notes what of that is new.
    pub(super) async fn read_clients(
        &self,
        projects: Vec<String>,
    ) -> Result<Vec<ClientReport>, OperationError> {
        let (projects, own) =
            (projects.into_iter().map(Into::into).collect(), ThisApp { listens: self.listening() });
        let read = self.0.intake.clients.read(projects, own).await;
        let read = read.map_err(|error| OperationError::new(ErrorCode::Timeout, error.to_string()))?;
        let compared = self.0.intake.compared(read);
        if let Some(seen) = self.0.intake.clients.news(&compared)
            && let Err(error) = self.0.scans.saw_all(SightingKind::Client, seen).await
        {
            tracing::warn!(%error, "which servers AI clients have could not be noted");
        }
        Ok(compared)
    }
}
